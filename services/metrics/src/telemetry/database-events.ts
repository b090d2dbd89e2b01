import type { Recorder } from "@sark/observability/metrics";
import { sampledTrace } from "@sark/observability/tracing";
import type { DatabaseObserver } from "../database/observer.ts";
import type { MetricsCatalog } from "./catalog.ts";

export function createDatabaseEvents(recorder: Recorder<MetricsCatalog>): DatabaseObserver {
  return {
    transactionEnded({ type, tenant, seconds, failed }) {
      recorder.observe(
        "metrics_database_query_duration_seconds",
        { query_type: type, tenant_id: tenant },
        seconds,
        sampledTrace(),
      );
      recorder.increment("metrics_database_transactions_total", {
        query_type: type,
        result: failed ? "failed" : "ok",
      });
    },
  };
}
