import { randomUUID } from "node:crypto";
import type { AuditLog, AuditRecord } from "@sark/audit";
import { auditIdentity, principalKey } from "@sark/authentication";
import type { JsonObject } from "@sark/json";
import { activeTrace } from "@sark/observability/tracing";
import type { Caller } from "../domain/caller.ts";
import { createRecordLimit } from "./record-limit.ts";

/** Types of the events that the service records in the provable log. */
export const SECURITY_EVENTS = {
  tenantChange: "tenant_change",
  userChange: "user_change",
  keyChange: "api_key_change",
  webhookChange: "webhook_change",
  jobChange: "background_job_change",
  logControl: "log_control",
  profileControl: "profile_control",
  personalData: "personal_data_access",
  accessDenied: "access_denied",
  authenticationFailed: "authentication_failed",
} as const;
export type SecurityEvent = (typeof SECURITY_EVENTS)[keyof typeof SECURITY_EVENTS];

/** An act of a caller, as it goes on record before it is done. */
export interface Act {
  readonly type: SecurityEvent;
  readonly reason: string;
  readonly details: JsonObject;
  readonly decision?: "allow" | "deny";
}

/** Security events in the provable log, whence they reach the SIEMs. */
export interface SecurityRecords {
  /** Resolves when the event is committed. Rejects with `AuditError`: then what it is about is not done. */
  record(caller: Caller, act: Act): Promise<void>;
  /** What the service itself did to something of a tenant. Never rejects. */
  byService(act: Act & { readonly tenant: string }): Promise<void>;
  /** A credential that was not accepted. Never rejects. */
  authenticationFailed(event: {
    readonly clientAddress: string;
    readonly correlationId: string;
    readonly reason: string;
  }): void;
  /** A request that was denied by role. Never rejects. */
  denied(caller: Caller, operation: string): Promise<void>;
}

/** Failed logins on record, of all addresses together; the log lines and the metrics have all of them. */
const FAILURES = { max: 100, perMs: 60_000 };
/** Who acts where no caller does. */
const SERVICE = "sark-metrics";
/** Denied requests of one principal at one endpoint. */
const DENIALS = { max: 1, perMs: 60_000 };

export function createSecurityRecords(
  audit: Pick<AuditLog, "record">,
  onLost: (error: unknown) => void,
): SecurityRecords {
  const failures = createRecordLimit(FAILURES);
  const denials = createRecordLimit(DENIALS);

  return {
    async record(caller, act) {
      await audit.record(recordOf(caller, act), { whenDown: "closed" });
    },
    async byService({ type, tenant, reason, details }) {
      try {
        await audit.record(
          {
            event_type: type,
            agent_id: SERVICE,
            decision: "allow",
            reason: `${SERVICE} ${reason}`,
            timestamp: Date.now() / 1_000,
            gateway_request_id: randomUUID(),
            metadata: details,
            tenant_id: tenant,
            ...traceOf(),
          },
          { whenDown: "spool" },
        );
      } catch (error) {
        onLost(error);
      }
    },
    authenticationFailed({ clientAddress, correlationId, reason }) {
      const { kept, suppressed } = failures.take("all");
      if (!kept) {
        return;
      }
      audit
        .record(
          {
            event_type: SECURITY_EVENTS.authenticationFailed,
            decision: "deny",
            reason: `authentication failed: ${reason}`,
            timestamp: Date.now() / 1_000,
            gateway_request_id: correlationId,
            client_address: clientAddress,
            ...traceOf(),
            outcome: "denied",
            metadata: { reason_code: reason, ...(suppressed === 0 ? {} : { suppressed_before: suppressed }) },
          },
          { whenDown: "spool" },
        )
        .catch(onLost);
    },
    async denied(caller, operation) {
      const { kept, suppressed } = denials.take(`${operation} ${principalKey(caller.principal)}`);
      if (!kept) {
        return;
      }
      try {
        await audit.record(
          recordOf(caller, {
            type: SECURITY_EVENTS.accessDenied,
            reason: `asks for ${operation} with no role for it`,
            details: { operation, ...(suppressed === 0 ? {} : { suppressed_before: suppressed }) },
            decision: "deny",
          }),
          { whenDown: "spool" },
        );
      } catch (error) {
        onLost(error);
      }
    },
  };
}

/** Where it is done in a request or a job: the event leads to the trace. */
function traceOf(): Pick<AuditRecord, "trace_id"> {
  const trace = activeTrace();
  return trace === undefined ? {} : { trace_id: trace.traceId };
}

function recordOf(
  { principal, correlationId, clientAddress, credential }: Caller,
  { type, reason, details, decision = "allow" }: Act,
): AuditRecord {
  return {
    event_type: type,
    ...auditIdentity(principal),
    decision,
    reason: `${principal.id} ${reason}`,
    timestamp: Date.now() / 1_000,
    gateway_request_id: correlationId,
    metadata: details,
    client_address: clientAddress,
    credential,
    ...traceOf(),
    ...(decision === "deny" ? { outcome: "denied" as const } : {}),
    ...(principal.tenant === null ? {} : { tenant_id: principal.tenant }),
  };
}
