import { limitLines, type Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { IngestObserver } from "../ingest/observer.ts";
import type { MetricsCatalog } from "./catalog.ts";

/** A database that is away fails each transaction. */
const LIMIT = { lines: 20, perMs: 60_000 };

export function createIngestEvents(deps: {
  readonly recorder: Recorder<MetricsCatalog>;
  readonly logger: Logger;
}): IngestObserver {
  const { recorder } = deps;
  const logger = limitLines(deps.logger.child({ component: "ingest" }), LIMIT);
  return {
    committed({ tenant, kind, accepted, duplicates }) {
      const labels = { tenant_id: tenant, kind };
      if (accepted > 0) {
        recorder.increment("metrics_ingest_events_total", { ...labels, result: "accepted" }, accepted);
      }
      if (duplicates > 0) {
        recorder.increment("metrics_ingest_events_total", { ...labels, result: "duplicate" }, duplicates);
      }
    },
    scored: ({ tenant, role, score }) =>
      recorder.observe("metrics_productivity_score", { tenant_id: tenant, user_role: role }, score),
    refused: ({ tenant, reason, events }) =>
      recorder.increment("metrics_ingest_refused_events_total", { tenant_id: tenant, reason }, events),
    batchWritten: ({ events }) => recorder.observe("metrics_ingest_group_events", {}, events),
    writeFailed({ tenant, events, error }) {
      recorder.increment("metrics_ingest_write_failures_total", {});
      logger.error({ tenant, events, error }, "events could not be written; none of them was acknowledged");
    },
  };
}
