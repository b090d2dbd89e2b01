import type { AuditLog, AuditRecord, RecordResult } from "@sark/audit";
import type { PayloadPolicy } from "@sark/audit/payloads";
import type { AuditSubject } from "../domain/authorizer.ts";
import type { Awaitable } from "../domain/awaitable.ts";
import type { JsonObject } from "@sark/json";
import { AUDIT_INTENT, type StageParent } from "../telemetry/traces/call-span.ts";
import type { CallTracing } from "../telemetry/traces/call-tracing.ts";
import { sampledTrace } from "@sark/observability/tracing";
import { requestPayloads } from "../governance/records.ts";

/** Commits the record of a decision before anything else happens, in a span of its own. Rejects when it cannot be kept. */
export type KeepIntent = (
  record: AuditRecord,
  subject: AuditSubject,
  span: StageParent,
) => Awaitable<RecordResult>;

export function createKeepIntent(deps: {
  readonly audit: Pick<AuditLog, "record">;
  /** What is kept of arguments. */
  readonly policy: PayloadPolicy;
  /** What is known of a tool's arguments, for hiding those that it calls secret. */
  inputSchema(server: string, tool: string): JsonObject | undefined;
  readonly tracing: Pick<CallTracing, "stage">;
}): KeepIntent {
  const { audit, policy, tracing } = deps;

  function keep(record: AuditRecord, subject: AuditSubject): Promise<RecordResult> {
    const { server, tool } = subject;
    const schema = server === null || tool === null ? undefined : deps.inputSchema(server, tool);
    return audit.record(record, { ...requestPayloads(subject, policy, schema), trace: sampledTrace() });
  }

  return (record, subject, span) => tracing.stage("audit", span, () => keep(record, subject), DETAILS);
}

const DETAILS = { attributes: AUDIT_INTENT };
