import type { Logger, Recorder } from "@sark/observability";
import type { AuditObserver } from "../observer.ts";
import type { AuditCatalog } from "./catalog.ts";

/** Counts what happens in the store, and writes one line for every recorded event and every failure (AUD-4). */
export function createAuditTelemetry(deps: {
  readonly recorder: Recorder<AuditCatalog>;
  readonly logger: Logger;
  /** `false` where whoever records logs its own failures: one line for each then, with the request it belongs to. */
  readonly logFailures?: boolean;
}): AuditObserver {
  const { recorder, logFailures = true } = deps;
  const logger = deps.logger.child({ component: "audit" });
  return {
    recorded({ id, record }, seq) {
      recorder.increment("sark_audit_events_written_total", {});
      logger.info(
        {
          audit_id: id,
          seq: Number(seq),
          event_type: record.event_type,
          decision: record.decision,
          phase: record.phase,
          ...(record.outcome ? { outcome: record.outcome } : {}),
          correlation_id: record.gateway_request_id,
          // A batch is committed in the context of whoever was first: each line names its own request's.
          user: record.user_id ?? record.agent_id ?? undefined,
          tenant: record.tenant_id ?? undefined,
          tool: record.tool_name ?? undefined,
          session: record.session_id ?? undefined,
          trace_id: record.trace_id ?? undefined,
          span_id: undefined,
        },
        "audit event recorded",
      );
    },
    batchCommitted({ rows, seconds }) {
      recorder.observe("sark_audit_write_duration_seconds", {}, seconds);
      recorder.observe("sark_audit_batch_events", {}, rows);
    },
    writeFailed({ code, rows, error }) {
      recorder.increment("sark_audit_failed_writes_total", { code }, rows);
      if (logFailures) logger.error({ error_type: code, rows, error }, "audit event not recorded");
    },
    queueChanged(waiting) {
      recorder.set("sark_audit_queue_depth", {}, waiting);
    },
  };
}
