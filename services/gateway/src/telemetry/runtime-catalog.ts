import { bounded, defineCatalog, oneOf } from "@sark/observability/metrics";
import { CERTIFICATE_ROLES } from "@sark/certificates";

const POOLS = ["database", "calls", "streams", "sessions", "shared"] as const;
/** `name`: of a database pool its application_name, else the server's. Both come from the configuration. */
const pool = { pool: oneOf(...POOLS), name: bounded(250) };

/** What the process depends on, and what slows it, or its database, down (MET-8, MET-11). */
export const runtimeCatalog = defineCatalog({
  sark_gateway_slow_statements_total: {
    type: "counter",
    help: "Statements to the audit database that took longer than logging.slowStatements.",
    question: "Does the audit database have slow statements?",
    unit: "1",
    labels: { result: oneOf("ok", "failed") },
  },
  sark_gateway_database_statement_seconds: {
    type: "histogram",
    help: "Time of one statement to the audit database, those before it on its connection included.",
    question: "How fast does the audit database respond?",
    unit: "seconds",
    labels: { result: oneOf("ok", "failed") },
    bucketsBecause: "from half a millisecond on a local socket up to past database.timeout",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
  sark_gateway_metric_pushes_total: {
    type: "counter",
    help: "Requests with all metrics to the collector of metrics.endpoint, by whether it took them. The next one has what a failed one had.",
    question: "Do metrics reach the collector?",
    unit: "1",
    labels: { result: oneOf("ok", "failed") },
  },
  sark_gateway_dependency_up: {
    type: "gauge",
    help: "Whether what the gateway depends on worked when it was looked at last: 1, or 0. Absent before that.",
    question: "Which dependency is down?",
    unit: "1",
    labels: { dependency: bounded(300) },
  },
  sark_gateway_dependency_latency_seconds: {
    type: "gauge",
    help: "How long the last look at it took.",
    question: "Which dependency becomes slow?",
    unit: "seconds",
    labels: { dependency: bounded(300) },
  },
  sark_gateway_certificate_remaining_seconds: {
    type: "gauge",
    help: "How long certificates and revocation lists are valid that the gateway uses or is shown, by setting or by peer; negative once one has ended. Divided by 86,400: days.",
    question: "Which certificate ends next, and when?",
    queries: ["min by (certificate, role) (sark_gateway_certificate_remaining_seconds) / 86400"],
    unit: "seconds",
    labels: { certificate: bounded(1_000), role: oneOf(...CERTIFICATE_ROLES) },
    maxSeries: 1_000,
  },
  sark_gateway_pool_connections: {
    type: "gauge",
    help: "Open connections, or running processes of servers, by whether they are in use.",
    question: "How much of a pool is in use?",
    queries: [
      'sum by (instance, pool, name) (sark_gateway_pool_connections{state="in_use"}) / sum by (instance, pool, name) (sark_gateway_pool_capacity)',
    ],
    unit: "1",
    labels: { ...pool, state: oneOf("in_use", "idle") },
  },
  sark_gateway_pool_capacity: {
    type: "gauge",
    help: "Connections or processes that a pool may have.",
    question: "How large may a pool become?",
    unit: "1",
    labels: pool,
  },
  sark_gateway_pool_waiting: {
    type: "gauge",
    help: "What waits right now for a connection or process of a pool.",
    question: "Is a pool too small right now?",
    unit: "1",
    labels: pool,
  },
  sark_gateway_pool_exhausted_total: {
    type: "counter",
    help: "Times that a statement had to wait because its pool had no connection free. Servers that have no room: error_type upstream_overloaded in sark_gateway_upstream_errors_total.",
    question: "How often was a pool too small?",
    unit: "1",
    labels: pool,
  },
});
export type PoolKind = (typeof POOLS)[number];
export type RuntimeCatalog = typeof runtimeCatalog;
