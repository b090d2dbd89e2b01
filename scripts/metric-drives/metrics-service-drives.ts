import type { auditCatalog } from "@sark/audit/telemetry";
import type { deliveryCatalog } from "@sark/audit/delivery";
import type { catalog } from "@sark/metrics-service";
import type { instrumentCatalog, processCatalog } from "@sark/observability/metrics";
import { drivenBy, type Drives } from "./drives.ts";

/** Of these libraries the gateway's drives move each metric; here, that their events are wired is enough. */
type OfLibraries =
  | keyof typeof auditCatalog
  | keyof typeof deliveryCatalog
  | keyof typeof instrumentCatalog
  | keyof typeof processCatalog;
type Metric = Exclude<keyof typeof catalog, OfLibraries> | "sark_audit_events_written_total";

const LIVE = "services/metrics/src/composition/live.test.ts";
const SERVICE = "services/metrics/src/composition/start-metrics.test.ts";

/** The test that drives the metrics service so that it records the metric, for each of its own metrics. */
export const METRICS_SERVICE_DRIVES: Drives<Metric> = {
  ...drivenBy(
    SERVICE,
    "sark_audit_events_written_total",
    "metrics_productivity_score",
    "metrics_api_request_duration_seconds",
    "metrics_database_query_duration_seconds",
    "metrics_database_transactions_total",
    "metrics_database_pool_connections",
    "metrics_database_pool_max_connections",
    "metrics_ingest_events_total",
    "metrics_ingest_refused_events_total",
    "metrics_ingest_group_events",
    "metrics_api_errors_total",
    "metrics_errors_total",
    "metrics_api_requests_in_flight",
    "metrics_api_connections_active",
    "metrics_authentication_failures_total",
    "metrics_active_users_total",
    "metrics_background_jobs_total",
    "metrics_background_job_duration_seconds",
    "metrics_background_job_last_success_timestamp_seconds",
  ),
  ...drivenBy(
    "services/metrics/src/composition/replicas.test.ts",
    "metrics_cache_hits_total",
    "metrics_cache_misses_total",
    "metrics_cache_invalidations_total",
    "metrics_cache_tenants",
    "metrics_cache_shared_failures_total",
    "metrics_shared_state_up",
    "metrics_shared_state_failures_total",
    "metrics_shared_state_duration_seconds",
  ),
  ...drivenBy(
    LIVE,
    "metrics_websocket_connections_active",
    "metrics_websocket_connections_opened_total",
    "metrics_websocket_connections_closed_total",
    "metrics_websocket_connections_refused_total",
    "metrics_websocket_connection_duration_seconds",
    "metrics_websocket_updates_sent_total",
    "metrics_websocket_update_latency_seconds",
    "metrics_websocket_messages_received_total",
    "metrics_websocket_messages_refused_total",
    "metrics_websocket_resyncs_total",
  ),
  ...drivenBy(
    "services/metrics/src/composition/metrics-of-work.test.ts",
    "metrics_background_jobs_queue_errors_total",
    "metrics_background_jobs_queued",
    "metrics_background_jobs_oldest_waiting_seconds",
    "metrics_kpi_refresh_failures_total",
    "metrics_quota_exceeded_total",
    "metrics_retention_deleted_rows_total",
    "metrics_score_anomalies_total",
    "metrics_websocket_updates_dropped_total",
    "metrics_websocket_slow_consumers_total",
    "metrics_websocket_kpi_failures_total",
  ),
  ...drivenBy(
    "services/metrics/src/composition/operations.test.ts",
    "metrics_database_slow_statements_total",
    "metrics_database_pool_exhausted_total",
    "metrics_dependency_up",
    "metrics_dependency_latency_seconds",
  ),
  ...drivenBy(
    "services/metrics/src/composition/certificates.test.ts",
    "metrics_certificate_remaining_seconds",
  ),
  ...drivenBy(
    "services/metrics/src/composition/webhooks.test.ts",
    "metrics_webhook_attempts_total",
    "metrics_webhook_attempt_duration_seconds",
    "metrics_webhook_dead_deliveries_total",
    "metrics_webhooks_disabled_total",
  ),
  ...drivenBy(
    "services/metrics/src/composition/metrics-of-faults.test.ts",
    "metrics_webhook_failures_total",
    "metrics_webhook_pending_deliveries",
    "metrics_webhook_oldest_due_seconds",
    "metrics_database_pool_waiting",
    "metrics_ingest_write_failures_total",
    "metrics_ingest_waiting_events",
    "metrics_api_held_request_bytes",
    "metrics_rate_limited_total",
    "metrics_signing_keys_failures_total",
  ),
};
