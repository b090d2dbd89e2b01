import { bounded, defineCatalog, httpStatus, oneOf } from "@sark/observability/metrics";
import { AUTHENTICATION_ERROR_CODES } from "@sark/authentication";
import { QUERY_TYPES } from "../database/query-types.ts";
import { EVENT_KINDS } from "../domain/ingest.ts";
import { EVENT_REFUSALS } from "../ingest/observer.ts";
import { tenantLabel } from "./tenant-label.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
/** Of the table of endpoints, and few beside it. */
const MAX_ROUTES = 100;

/** The metrics of the service that requirements name (SVC-2), and those of what it is made of. */
export const metricsCatalog = defineCatalog({
  metrics_productivity_score: {
    type: "histogram",
    help: "Productivity scores that were taken in, by the role of the user.",
    question: "How are productivity scores spread, by role?",
    unit: "score",
    bucketsBecause: "they are a contract: finer at the top, where most scores are",
    buckets: [10, 25, 50, 75, 90, 95, 99, 100],
    labels: { tenant_id: tenantLabel, user_role: bounded(50) },
    maxSeries: 2_000,
  },
  metrics_api_request_duration_seconds: {
    type: "histogram",
    help: "Time from the head of a request to the end of its response.",
    question: "How long do requests take, by route and tenant, and how many fail?",
    queries: [
      'sum(rate(metrics_api_request_duration_seconds_count{status_code=~"5.."}[5m])) / sum(rate(metrics_api_request_duration_seconds_count[5m]))',
    ],
    unit: "seconds",
    bucketsBecause: "they are a contract; half a second, at which an alert fires, is a bound",
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10],
    labels: {
      method: oneOf(...METHODS),
      route: bounded(MAX_ROUTES),
      status_code: httpStatus(),
      tenant_id: tenantLabel,
    },
    maxSeries: 5_000,
  },
  metrics_database_query_duration_seconds: {
    type: "histogram",
    help: "Time of a transaction, with the wait for a connection.",
    question: "Which kind of query is slow, and for which tenant?",
    unit: "seconds",
    bucketsBecause: "they are a contract, as those of requests",
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 2, 5],
    labels: { query_type: oneOf(...QUERY_TYPES), tenant_id: tenantLabel },
    maxSeries: 2_000,
  },
  metrics_database_transactions_total: {
    type: "counter",
    help: "Transactions, by what they are for and whether they were committed.",
    question: "How many transactions fail?",
    unit: "1",
    labels: { query_type: oneOf(...QUERY_TYPES), result: oneOf("ok", "failed") },
  },
  metrics_database_pool_connections: {
    type: "gauge",
    help: "Connections of the pool, those in use and those idle.",
    question: "How much of the pool is in use?",
    unit: "1",
    labels: { state: oneOf("in_use", "idle") },
  },
  metrics_database_pool_waiting: {
    type: "gauge",
    help: "Transactions that wait for a connection of the pool.",
    question: "Is the pool too small right now?",
    unit: "1",
  },
  metrics_database_pool_max_connections: {
    type: "gauge",
    help: "Most connections that the pool opens (database.maxConnections).",
    question: "How large may the pool become?",
    unit: "1",
  },
  metrics_ingest_events_total: {
    type: "counter",
    help: "Events that were committed (accepted), or were there before (duplicate).",
    question: "How many events come in, and how many come twice?",
    unit: "1",
    labels: { tenant_id: tenantLabel, kind: oneOf(...EVENT_KINDS), result: oneOf("accepted", "duplicate") },
    maxSeries: 1_000,
  },
  metrics_ingest_refused_events_total: {
    type: "counter",
    help: "Events that were refused one by one, by the reason.",
    question: "Which events do senders get wrong?",
    unit: "1",
    labels: { tenant_id: tenantLabel, reason: oneOf(...EVENT_REFUSALS) },
    maxSeries: 1_000,
  },
  metrics_ingest_group_events: {
    type: "histogram",
    help: "Events that were written in one transaction.",
    question: "Do events share transactions, as they should under load?",
    unit: "1",
    bucketsBecause: "from one event alone to the largest group",
    buckets: [1, 5, 10, 50, 100, 500, 1_000, 2_000, 5_000],
  },
  metrics_ingest_write_failures_total: {
    type: "counter",
    help: "Transactions of events that failed; none of their events was acknowledged.",
    question: "Can events not be written?",
    unit: "1",
  },
  metrics_ingest_waiting_events: {
    type: "gauge",
    help: "Events that wait to be written.",
    question: "Does ingest fall behind?",
    unit: "1",
  },
  metrics_api_errors_total: {
    type: "counter",
    help: "Requests that were refused or failed, by the error code.",
    question: "What is refused or fails, at which route?",
    unit: "1",
    labels: { route: bounded(MAX_ROUTES), error_type: bounded(100) },
  },
  metrics_api_requests_in_flight: {
    type: "gauge",
    help: "Requests that have no response yet.",
    question: "How busy is this replica?",
    unit: "1",
  },
  metrics_api_connections_active: {
    type: "gauge",
    help: "Open connections of clients.",
    question: "How many clients are connected?",
    unit: "1",
  },
  metrics_api_held_request_bytes: {
    type: "gauge",
    help: "Bytes of request bodies that are held.",
    question: "How near is memory for request bodies to its bound?",
    unit: "bytes",
  },
  metrics_authentication_failures_total: {
    type: "counter",
    help: "Requests whose credential was not accepted, by the reason.",
    question: "Why are credentials refused, and does someone try many?",
    unit: "1",
    labels: { reason: oneOf(...AUTHENTICATION_ERROR_CODES) },
  },
  metrics_rate_limited_total: {
    type: "counter",
    help: "Requests that were refused because the tenant sends too many events.",
    question: "Which tenant sends faster than it may?",
    unit: "1",
    labels: { tenant_id: tenantLabel },
  },
  metrics_quota_exceeded_total: {
    type: "counter",
    help: "Requests that were refused because the tenant has sent the events of its day.",
    question: "Which tenant has used up its day?",
    unit: "1",
    labels: { tenant_id: tenantLabel },
  },
  metrics_signing_keys_failures_total: {
    type: "counter",
    help: "Times that the keys of a token issuer could not be had.",
    question: "Can tokens of an issuer not be checked?",
    unit: "1",
  },
});
export type MetricsCatalog = typeof metricsCatalog;
