import { defineCatalog } from "../metrics/catalog.ts";
import { bounded, oneOf } from "../metrics/labels.ts";

/** What V8 calls its collections. */
export const GC_KINDS = ["major", "minor", "incremental", "weak_callbacks", "other"] as const;

/** The process and what it runs on, under the names that exporters of Node processes have in common (MET-11). */
export const processCatalog = defineCatalog({
  process_cpu_user_seconds_total: {
    type: "counter",
    help: "Processor time of the process in its own code.",
    question: "How much processor time does the process use?",
    queries: [
      'sum by (instance) (rate(process_cpu_user_seconds_total{job="sark-gateway"}[5m]) + rate(process_cpu_system_seconds_total{job="sark-gateway"}[5m]))',
    ],
    unit: "seconds",
  },
  process_cpu_system_seconds_total: {
    type: "counter",
    help: "Processor time of the process in the kernel.",
    question: "How much processor time does the kernel use for the process?",
    unit: "seconds",
  },
  process_start_time_seconds: {
    type: "gauge",
    help: "When the process started, in seconds since 1970.",
    question: "When did the process start, and does it restart often?",
    unit: "seconds",
  },
  process_resident_memory_bytes: {
    type: "gauge",
    help: "Memory of the process that is in RAM.",
    question: "How much memory does the process take, and does it grow?",
    unit: "bytes",
  },
  nodejs_heap_size_used_bytes: {
    type: "gauge",
    help: "Memory of JavaScript objects, those included that can be collected.",
    question: "How much do JavaScript objects take, and does it grow?",
    queries: ["nodejs_heap_size_used_bytes / nodejs_heap_size_limit_bytes"],
    unit: "bytes",
  },
  nodejs_heap_size_total_bytes: {
    type: "gauge",
    help: "Memory that V8 has taken for JavaScript objects.",
    question: "How much memory has V8 reserved?",
    unit: "bytes",
  },
  nodejs_heap_size_limit_bytes: {
    type: "gauge",
    help: "Memory of JavaScript objects that have lived for a while at which V8 ends the process.",
    question: "How near is the process to its end for want of memory?",
    unit: "bytes",
  },
  nodejs_external_memory_bytes: {
    type: "gauge",
    help: "Memory outside of the heap that JavaScript objects hold, buffers included.",
    question: "How much do buffers outside of the heap take?",
    unit: "bytes",
  },
  process_open_fds: {
    type: "gauge",
    help: "Open file descriptors. Absent where the system does not say.",
    question: "How many descriptors are open, and does their number grow?",
    unit: "1",
  },
  process_max_fds: {
    type: "gauge",
    help: "File descriptors that the process may open. Absent where the system does not say.",
    question: "How near is the process to the limit of descriptors?",
    unit: "1",
  },
  nodejs_eventloop_lag_mean_seconds: {
    type: "gauge",
    help: "How late timers came in the last 30 to 60 seconds, on average.",
    question: "Is the process busy on average?",
    unit: "seconds",
  },
  nodejs_eventloop_lag_p99_seconds: {
    type: "gauge",
    help: "How late timers came in the last 30 to 60 seconds: 99 of 100 came earlier.",
    question: "How long does the unlucky request wait for its turn?",
    unit: "seconds",
  },
  nodejs_eventloop_lag_max_seconds: {
    type: "gauge",
    help: "How late the latest timer came in the last 30 to 60 seconds.",
    question: "What was the worst stall?",
    unit: "seconds",
  },
  nodejs_eventloop_utilization_ratio: {
    type: "gauge",
    help: "Part of the time in the last 30 to 60 seconds in which the event loop was busy.",
    question: "How much room is left before one thread is full?",
    unit: "ratio",
  },
  nodejs_gc_duration_seconds: {
    type: "histogram",
    help: "Time of one garbage collection, in which JavaScript stands still.",
    question: "Does garbage collection hold up requests?",
    unit: "seconds",
    labels: { kind: oneOf(...GC_KINDS) },
    bucketsBecause: "young collections take about a millisecond, full ones up to tenths of a second",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  },
  disk_free_bytes: {
    type: "gauge",
    help: "Room that is left to the process on the disk of a directory.",
    question: "Is a disk filling up?",
    queries: ["disk_free_bytes / disk_size_bytes"],
    unit: "bytes",
    labels: { directory: bounded(10) },
  },
  disk_size_bytes: {
    type: "gauge",
    help: "Size of the disk of a directory.",
    question: "What part of a disk is free (with the free bytes)?",
    unit: "bytes",
    labels: { directory: bounded(10) },
  },
});
/** The type of `processCatalog`, for a recorder that has it merged in. */
export type ProcessCatalog = typeof processCatalog;
