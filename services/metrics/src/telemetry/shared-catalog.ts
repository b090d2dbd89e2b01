import { defineCatalog, oneOf } from "@sark/observability/metrics";
import { SHARED_STATE_ERROR_CODES } from "@sark/shared-state";

/** Metrics of what is kept of earlier readings, and of Redis, which replicas share. */
export const sharedCatalog = defineCatalog({
  metrics_cache_hits_total: {
    type: "counter",
    help: "Readings that were there already: in this process, or in what replicas share.",
    question: "What part of the readings costs the database nothing (with the misses)?",
    queries: [
      "sum(rate(metrics_cache_hits_total[5m])) / (sum(rate(metrics_cache_hits_total[5m])) + sum(rate(metrics_cache_misses_total[5m])))",
    ],
    unit: "1",
    labels: { level: oneOf("local", "shared") },
  },
  metrics_cache_misses_total: {
    type: "counter",
    help: "Readings that the database was asked for.",
    question: "How often is the database asked for a reading?",
    unit: "1",
  },
  metrics_cache_invalidations_total: {
    type: "counter",
    help: "Times that what was kept of a tenant was dropped, because it had changed.",
    question: "How often does what is kept become useless?",
    unit: "1",
  },
  metrics_cache_tenants: {
    type: "gauge",
    help: "Tenants of which readings are kept in this process.",
    question: "How much does the cache of this process hold?",
    unit: "1",
  },
  metrics_cache_shared_failures_total: {
    type: "counter",
    help: "Times that the cache could not ask what replicas share.",
    question: "Could the cache not ask Redis?",
    unit: "1",
  },
  metrics_shared_state_up: {
    type: "gauge",
    help: "Is 1 while Redis, which replicas share, can be asked, 0 while each replica goes on alone. Absent without `redis`.",
    question: "Do replicas work together?",
    unit: "1",
  },
  metrics_shared_state_failures_total: {
    type: "counter",
    help: "Requests to what replicas share that failed.",
    question: "Why can Redis not be asked?",
    unit: "1",
    labels: { reason: oneOf(...SHARED_STATE_ERROR_CODES) },
  },
  metrics_shared_state_duration_seconds: {
    type: "histogram",
    help: "Time of requests to what replicas share.",
    question: "What does asking Redis add to a request?",
    unit: "seconds",
    bucketsBecause: "from half a millisecond, which a near Redis takes, to where it is given up",
    buckets: [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
  },
});
export type SharedCatalog = typeof sharedCatalog;
