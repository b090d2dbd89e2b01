import { defineCatalog } from "../metrics/catalog.ts";
import { bounded, oneOf } from "../metrics/labels.ts";

/** What V8 calls its collections. */
export const GC_KINDS = ["major", "minor", "incremental", "weak_callbacks", "other"] as const;

/** The process and what it runs on, under the names that exporters of Node processes have in common (MET-11). */
export const processCatalog = defineCatalog({
  process_cpu_user_seconds_total: {
    type: "counter",
    help: "Processor time of the process in its own code.",
    unit: "seconds",
  },
  process_cpu_system_seconds_total: {
    type: "counter",
    help: "Processor time of the process in the kernel.",
    unit: "seconds",
  },
  process_start_time_seconds: {
    type: "gauge",
    help: "When the process started, in seconds since 1970.",
    unit: "seconds",
  },
  process_resident_memory_bytes: {
    type: "gauge",
    help: "Memory of the process that is in RAM.",
    unit: "bytes",
  },
  nodejs_heap_size_used_bytes: {
    type: "gauge",
    help: "Memory of JavaScript objects, those included that can be collected.",
    unit: "bytes",
  },
  nodejs_heap_size_total_bytes: {
    type: "gauge",
    help: "Memory that V8 has taken for JavaScript objects.",
    unit: "bytes",
  },
  nodejs_heap_size_limit_bytes: {
    type: "gauge",
    help: "Memory at which V8 ends the process.",
    unit: "bytes",
  },
  nodejs_external_memory_bytes: {
    type: "gauge",
    help: "Memory outside of the heap that JavaScript objects hold, buffers included.",
    unit: "bytes",
  },
  process_open_fds: {
    type: "gauge",
    help: "Open file descriptors. Absent where the system does not say.",
    unit: "1",
  },
  process_max_fds: {
    type: "gauge",
    help: "File descriptors that the process may open. Absent where the system does not say.",
    unit: "1",
  },
  nodejs_eventloop_lag_mean_seconds: {
    type: "gauge",
    help: "How late timers came in the last 30 to 60 seconds, on average.",
    unit: "seconds",
  },
  nodejs_eventloop_lag_p99_seconds: {
    type: "gauge",
    help: "How late timers came in the last 30 to 60 seconds: 99 of 100 came earlier.",
    unit: "seconds",
  },
  nodejs_eventloop_lag_max_seconds: {
    type: "gauge",
    help: "How late the latest timer came in the last 30 to 60 seconds.",
    unit: "seconds",
  },
  nodejs_eventloop_utilization_ratio: {
    type: "gauge",
    help: "Part of the time in the last 30 to 60 seconds in which the event loop was busy.",
    unit: "ratio",
  },
  nodejs_gc_duration_seconds: {
    type: "histogram",
    help: "Time of one garbage collection, in which JavaScript stands still.",
    unit: "seconds",
    labels: { kind: oneOf(...GC_KINDS) },
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  },
  disk_free_bytes: {
    type: "gauge",
    help: "Room that is left to the process on the disk of a directory.",
    unit: "bytes",
    labels: { directory: bounded(10) },
  },
  disk_size_bytes: {
    type: "gauge",
    help: "Size of the disk of a directory.",
    unit: "bytes",
    labels: { directory: bounded(10) },
  },
});
/** The type of `processCatalog`, for a recorder that has it merged in. */
export type ProcessCatalog = typeof processCatalog;
