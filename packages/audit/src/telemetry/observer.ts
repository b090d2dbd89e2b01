import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { AcceptedEvent } from "../events/accepted-event.ts";
import type { AuditObserver } from "../observer.ts";
import type { AuditCatalog } from "./catalog.ts";

export interface AuditTelemetryDependencies {
  readonly recorder: Recorder<AuditCatalog>;
  readonly logger: Logger;
  /** `false` where the caller of the log logs its own failures: one line for each then, with the request it belongs to. */
  readonly logFailures?: boolean;
}

/** Counts what happens in the store, and writes one line for every recorded event and every failure (AUD-4). */
export function createAuditTelemetry(deps: AuditTelemetryDependencies): AuditObserver {
  const logger = deps.logger.child({ component: "audit" });
  const security = deps.logger.child({ component: "audit", log: "security-audit" });
  return {
    ...writing({ ...deps, logger, security }),
    ...fallingBack({ ...deps, logger, security }),
    ...upkeep({ ...deps, logger, security }),
  };
}

/** Lines about events themselves, and about what becomes of their record, go into the security-audit log, too. */
type Deps = AuditTelemetryDependencies & { readonly security: Logger };

type Writing = "recorded" | "batchCommitted" | "writeFailed" | "queueChanged";
type FallingBack =
  | "storeLost"
  | "storeRegained"
  | "storeSetBack"
  | "spooled"
  | "spoolChanged"
  | "quarantined"
  | "passedUnrecorded";
type Upkeep = Exclude<keyof AuditObserver, Writing | FallingBack>;
type Part<K extends keyof AuditObserver> = Pick<AuditObserver, K>;

function writing({ recorder, logger, security, logFailures = true }: Deps): Part<Writing> {
  const eventsWritten = recorder.bindCounter("sark_audit_events_written_total", {});
  const queueDepth = recorder.bindGauge("sark_audit_queue_depth", {});
  const queueBytes = recorder.bindGauge("sark_audit_queue_bytes", {});
  const queueCapacity = recorder.bindGauge("sark_audit_queue_capacity", {});
  return {
    recorded(events) {
      eventsWritten(events.length);
      logger.batch(() => {
        for (const { event, seq } of events) {
          security.info({ seq: Number(seq), ...identity(event) }, "audit event recorded");
        }
      });
    },
    batchCommitted({ rows, seconds }) {
      recorder.observe("sark_audit_write_duration_seconds", {}, seconds);
      recorder.observe("sark_audit_batch_events", {}, rows);
    },
    writeFailed({ code, rows, error, known }) {
      recorder.increment("sark_audit_failed_writes_total", { code }, rows);
      // That the store is away was said once, by `storeLost`.
      if (logFailures && !known) {
        logger.error({ error_type: code, rows, error }, "audit event not recorded");
      }
    },
    queueChanged(waiting, bytes, capacity) {
      queueDepth.set(waiting);
      queueBytes.set(bytes);
      queueCapacity.set(capacity);
    },
  };
}

function fallingBack({ recorder, logger, security }: Deps): Part<FallingBack> {
  recorder.set("sark_audit_store_up", {}, 1);
  return {
    storeLost(error) {
      recorder.set("sark_audit_store_up", {}, 0);
      logger.error({ error_type: "store_lost", error }, "audit store lost");
    },
    storeRegained({ seconds }) {
      recorder.set("sark_audit_store_up", {}, 1);
      logger.warn({ duration_ms: seconds * 1_000 }, "audit store regained");
    },
    storeSetBack({ id, seq, nextSeq }) {
      recorder.increment("sark_audit_store_set_back_total", {});
      security.error(
        { error_type: "store_set_back", audit_id: id, seq: Number(seq), next_seq: Number(nextSeq) },
        "the audit store has lost events that it had committed",
      );
    },
    spooled() {
      recorder.increment("sark_audit_spooled_events_total", {});
    },
    spoolChanged({ bytes, maxBytes }) {
      recorder.set("sark_audit_spool_bytes", {}, bytes);
      recorder.set("sark_audit_spool_capacity_bytes", {}, maxBytes);
    },
    quarantined({ reason }) {
      recorder.increment("sark_audit_quarantined_events_total", {});
      logger.error({ error_type: "quarantined", reason }, "spooled audit event quarantined");
    },
    passedUnrecorded(event, error) {
      recorder.increment("sark_audit_unrecorded_calls_total", {});
      security.warn({ ...identity(event), error }, "call let through without an audit record");
    },
  };
}

function upkeep({ recorder, logger, security }: Deps): Part<Upkeep> {
  return {
    purged({ table, rows, partition }) {
      recorder.increment("sark_audit_purged_rows_total", { table }, rows);
      recorder.increment("sark_audit_retention_purges_total", { table });
      security.info({ table, rows, partition }, "audit partition dropped by retention");
    },
    purgeHeld({ partition, reason }) {
      recorder.increment("sark_audit_purges_held_total", {});
      logger.warn({ partition, reason }, "audit partition is due but must stay");
    },
    payloadsErased({ payloads, eventId }) {
      recorder.increment("sark_audit_payloads_erased_total", {}, payloads);
      security.info({ payloads, audit_id: eventId }, "audit payloads erased");
    },
    orphansCounted(orphans) {
      recorder.set("sark_audit_orphaned_intents", {}, orphans);
    },
    storageMeasured(bytes) {
      recorder.set("sark_audit_storage_bytes", {}, bytes);
    },
    backgroundFailed({ task, error }) {
      recorder.increment("sark_audit_background_failures_total", { task });
      logger.error(
        { error_type: "background_failed", task, error },
        "audit upkeep failed, to be tried again",
      );
    },
  };
}

/** What a line says about an event. A batch is committed in the context of the first one: each names its own. */
function identity({ id, record }: AcceptedEvent): Record<string, unknown> {
  return {
    audit_id: id,
    event_type: record.event_type,
    decision: record.decision,
    phase: record.phase,
    outcome: record.outcome ?? undefined,
    correlation_id: record.gateway_request_id,
    user: record.user_id ?? record.agent_id ?? undefined,
    tenant: record.tenant_id ?? undefined,
    tool: record.tool_name ?? undefined,
    session: record.session_id ?? undefined,
    trace_id: record.trace_id ?? undefined,
    span_id: undefined,
  };
}
