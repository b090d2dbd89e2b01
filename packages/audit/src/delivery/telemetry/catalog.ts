import { bounded, defineCatalog, oneOf } from "@sark/observability/metrics";
import { CIRCUIT_STATES } from "../engine/ports/circuit-view.ts";
import { DELIVERY_OPERATIONS, REQUEST_RESULTS } from "../engine/ports/observer.ts";
import { PLATFORMS } from "../sinks/registry.ts";

const platform = oneOf(...PLATFORMS);
/** Destinations come from the configuration; the bound is a safety net. Room for 50, and for the logs of the process. */
const destination = bounded(60);
const target = { platform, destination };

/** The metrics of deliveries (MET-10); `sark_siem_` for every destination, whatever its kind. */
export const deliveryCatalog = defineCatalog({
  sark_siem_forwards_total: {
    type: "counter",
    help: "Requests to destinations by how they ended; awaiting ones count again when their acknowledgement is settled.",
    question: "How do requests to each destination end?",
    unit: "1",
    labels: { ...target, status: oneOf(...REQUEST_RESULTS) },
  },
  sark_siem_forward_duration_seconds: {
    type: "histogram",
    help: "Time from sending a request to the end of its response.",
    question: "How fast does a destination respond?",
    unit: "seconds",
    labels: { platform },
    bucketsBecause: "from a receiver in the same rack to the timeout of a request",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  sark_siem_acknowledgement_duration_seconds: {
    type: "histogram",
    help: "Time from sending a request to its acknowledgement, where the receiver confirms later.",
    question: "How long until a destination confirms what it took?",
    unit: "seconds",
    labels: { platform },
    bucketsBecause: "indexers confirm within seconds; five minutes is where it is sent again",
    buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
  },
  sark_siem_batch_events: {
    type: "histogram",
    help: "Events in one request.",
    question: "Do events leave in batches?",
    unit: "1",
    labels: { platform },
    bucketsBecause: "from one event alone to the largest batch of any platform",
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
  },
  sark_siem_uncompressed_bytes_total: {
    type: "counter",
    help: "Bytes of request bodies before compression.",
    question: "What part does compression save (with the compressed bytes)?",
    unit: "bytes",
    labels: target,
  },
  sark_siem_compressed_bytes_total: {
    type: "counter",
    help: "Bytes of request bodies as sent.",
    question: "How much goes over the network to a destination?",
    queries: [
      "sum by (destination) (rate(sark_siem_compressed_bytes_total[1h])) / sum by (destination) (rate(sark_siem_uncompressed_bytes_total[1h]))",
    ],
    unit: "bytes",
    labels: target,
  },
  sark_siem_events_acknowledged_total: {
    type: "counter",
    help: "Events that a destination acknowledged, replayed ones included, as written down in the ledger.",
    question: "How many events has a destination for certain?",
    unit: "1",
    labels: target,
  },
  sark_siem_events_sent_total: {
    type: "counter",
    help: "Events that were sent to a destination that cannot acknowledge (syslog), replayed ones included, as written down in the ledger.",
    question: "How many events went to a destination that cannot confirm them?",
    unit: "1",
    labels: target,
  },
  sark_siem_events_quarantined_total: {
    type: "counter",
    help: "Events that a destination refused for good and that went into its quarantine.",
    question: "Does a destination refuse events for good?",
    unit: "1",
    labels: target,
  },
  sark_siem_events_purged_total: {
    type: "counter",
    help: "Events that were deleted from the log before they could be delivered.",
    question: "Did a destination miss events that were deleted first?",
    unit: "1",
    labels: target,
  },
  sark_siem_events_cut_total: {
    type: "counter",
    help: "Events that were sent without their whole payload, because the receiver takes no more.",
    question: "Of how many events does a destination have only a part?",
    unit: "1",
    labels: target,
  },
  sark_siem_events_late_total: {
    type: "counter",
    help: "Events older than the receiver's time window, sent with the present time and marked.",
    question: "How many events came too late for a receiver's own time?",
    unit: "1",
    labels: target,
  },
  sark_siem_store_failures_total: {
    type: "counter",
    help: "Operations of deliveries on the database, or on log files, that failed and are tried again.",
    question: "Do deliveries fail at the database, not at the destination?",
    unit: "1",
    labels: { operation: oneOf(...DELIVERY_OPERATIONS) },
  },
  sark_siem_leading: {
    type: "gauge",
    help: "Whether this replica delivers to the destination (1) or not (0).",
    question: "Which replica delivers to a destination, and is there one?",
    unit: "1",
    labels: target,
  },
  sark_siem_connection_up: {
    type: "gauge",
    help: "Whether the last request to the destination succeeded (1) or failed (0); from the replica that delivers.",
    question: "Does the destination take requests?",
    unit: "1",
    labels: target,
  },
  sark_siem_breaker_state: {
    type: "gauge",
    help: "State of the destination's circuit breaker: 1 for the one it is in, 0 for the others.",
    question: "Is a destination left alone because it failed too often?",
    unit: "1",
    labels: { ...target, state: oneOf(...CIRCUIT_STATES) },
  },
  sark_siem_paused: {
    type: "gauge",
    help: "Whether nothing is sent until an operator acts (1): paused by people, or a fault of configuration.",
    question: "Does a destination wait for an operator?",
    unit: "1",
    labels: { ...target, reason: oneOf("operator", "configuration") },
  },
  sark_siem_backlog_events: {
    type: "gauge",
    help: "Events of the log that are not settled with the destination yet.",
    question: "How many events does a destination not have yet?",
    unit: "1",
    labels: target,
  },
  sark_siem_backlog_seconds: {
    type: "gauge",
    help: "Age of the oldest event that is not settled with the destination; 0 when there is none.",
    question: "How far behind is a destination?",
    unit: "seconds",
    labels: target,
  },
  sark_siem_awaiting_events: {
    type: "gauge",
    help: "Events that the destination took and has not acknowledged yet; of syslog, not shown to have read.",
    question: "How many events were sent and are not confirmed?",
    unit: "1",
    labels: target,
  },
  sark_siem_awaiting_seconds: {
    type: "gauge",
    help: "Since when the oldest of them waits for its acknowledgement; 0 when there is none.",
    question: "Does a destination take events and not confirm them?",
    unit: "seconds",
    labels: target,
  },
  sark_siem_quarantined_events: {
    type: "gauge",
    help: "Events in the destination's quarantine.",
    question: "How many events wait in a destination's quarantine for an operator?",
    unit: "1",
    labels: target,
  },
  sark_siem_requests_in_flight: {
    type: "gauge",
    help: "Requests to the destination under way.",
    question: "Does delivery use all the requests that it may (with the limit)?",
    unit: "1",
    labels: target,
  },
  sark_siem_concurrency_limit: {
    type: "gauge",
    help: "Requests that may be under way, as adapted to the destination.",
    question: "How much does the destination bear, as far as it was found out?",
    unit: "1",
    labels: target,
  },
});
/** The type of `deliveryCatalog`, for a recorder that has it merged in. */
export type DeliveryCatalog = typeof deliveryCatalog;
