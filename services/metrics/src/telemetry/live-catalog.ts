import { defineCatalog, oneOf } from "@sark/observability/metrics";
import { CLOSE_REASONS, MESSAGE_ERRORS, RESYNC_REASONS } from "../live/protocol/names.ts";
import { tenantLabel } from "./tenant-label.ts";

/** Metrics of live updates over WebSockets. */
export const liveCatalog = defineCatalog({
  metrics_websocket_connections_active: {
    type: "gauge",
    help: "Open live connections.",
    question: "How many clients watch live, by tenant?",
    unit: "1",
    labels: { tenant_id: tenantLabel },
  },
  metrics_websocket_connections_opened_total: {
    type: "counter",
    help: "Live connections that were opened.",
    question: "Do clients reconnect over and over?",
    unit: "1",
    labels: { tenant_id: tenantLabel },
  },
  metrics_websocket_connections_closed_total: {
    type: "counter",
    help: "Live connections that ended, by the reason. `client` is a client that took leave; `connection_lost`: it, or the way to it, failed.",
    question: "Why do live connections end?",
    unit: "1",
    labels: { tenant_id: tenantLabel, reason: oneOf(...CLOSE_REASONS) },
    maxSeries: 2_000,
  },
  metrics_websocket_connections_refused_total: {
    type: "counter",
    help: "Live connections that were refused because there were as many as may be.",
    question: "Is a cap on live connections too low?",
    unit: "1",
    labels: { tenant_id: tenantLabel },
  },
  metrics_websocket_connection_duration_seconds: {
    type: "histogram",
    help: "How long live connections lasted.",
    question: "How long do live connections last?",
    unit: "seconds",
    bucketsBecause: "from a page that is closed at once to one that stays open for a day",
    buckets: [1, 10, 60, 600, 3_600, 86_400],
  },
  metrics_websocket_updates_sent_total: {
    type: "counter",
    help: "Updates that the operating system took for a client.",
    question: "How many updates do clients get?",
    unit: "1",
    labels: { tenant_id: tenantLabel },
  },
  metrics_websocket_update_latency_seconds: {
    type: "histogram",
    help: "Time from the commit of the oldest event of an update until the update was written.",
    question: "How old is what a client sees?",
    unit: "seconds",
    bucketsBecause: "a tenant has at most ten updates in a second; what is ten seconds old is no longer live",
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
  },
  metrics_websocket_updates_dropped_total: {
    type: "counter",
    help: "Updates that became part of a later one, because the client had not taken the one before.",
    question: "Do clients read more slowly than updates come?",
    unit: "1",
    labels: { tenant_id: tenantLabel },
  },
  metrics_websocket_slow_consumers_total: {
    type: "counter",
    help: "Clients that were cut off because they took no update for `live.stallTimeout`.",
    question: "How many clients read nothing at all?",
    unit: "1",
    labels: { tenant_id: tenantLabel },
  },
  metrics_websocket_messages_received_total: {
    type: "counter",
    help: "Messages of clients.",
    question: "How much do clients ask over live connections?",
    unit: "1",
    labels: { tenant_id: tenantLabel },
  },
  metrics_websocket_messages_refused_total: {
    type: "counter",
    help: "Messages of clients that were not valid, or could not be done, by the code.",
    question: "What do clients get wrong?",
    unit: "1",
    labels: { code: oneOf(...MESSAGE_ERRORS) },
  },
  metrics_websocket_resyncs_total: {
    type: "counter",
    help: "Times that a client had to begin anew because more was missed than is kept, or numbers began anew.",
    question: "Do clients miss more than is kept for them?",
    unit: "1",
    labels: { reason: oneOf(...RESYNC_REASONS) },
  },
  metrics_websocket_kpi_failures_total: {
    type: "counter",
    help: "Updates whose KPIs could not be read from the database.",
    question: "Are live figures missing because the database failed?",
    unit: "1",
  },
});
export type LiveCatalog = typeof liveCatalog;
