import { bounded, oneOf } from "@sark/observability/metrics";
import { counter, gauge } from "./define.ts";

const container = {
  container: bounded(100),
  id: bounded(1000),
  image: bounded(100),
  name: bounded(1000),
  namespace: bounded(100),
  pod: bounded(1000),
};
const disk = { ...container, device: bounded(100) };
/** Of the pod, whose containers share them. */
const network = {
  id: bounded(1000),
  image: bounded(100),
  interface: bounded(20),
  name: bounded(1000),
  namespace: bounded(100),
  pod: bounded(1000),
};

/** Of cAdvisor, as the kubelet exposes it: what containers use. */
export const cadvisorCatalog = {
  container_cpu_cfs_periods_total: counter("Periods in which a container could run.", "1", container),
  container_cpu_cfs_throttled_periods_total: counter("Periods in which it was held back.", "1", container),
  container_cpu_system_seconds_total: counter("Processor time in the kernel.", "seconds", container),
  container_cpu_usage_seconds_total: counter("Processor time.", "seconds", {
    ...container,
    cpu: bounded(512),
  }),
  container_cpu_user_seconds_total: counter("Processor time in its own code.", "seconds", container),
  container_fs_limit_bytes: gauge("Room on a disk.", "bytes", disk),
  container_fs_reads_total: counter("Reads of a disk.", "1", disk),
  container_fs_usage_bytes: gauge("Bytes on a disk.", "bytes", disk),
  container_fs_writes_total: counter("Writes of a disk.", "1", disk),
  container_last_seen: gauge("When a container was seen last, in seconds since 1970.", "seconds", container),
  container_memory_failures_total: counter("Failures to get memory.", "1", {
    ...container,
    failure_type: oneOf("pgfault", "pgmajfault"),
    scope: oneOf("container", "hierarchy"),
  }),
  container_memory_rss: gauge("Memory that is no cache.", "bytes", container),
  container_memory_usage_bytes: gauge("Memory, caches included.", "bytes", container),
  container_memory_working_set_bytes: gauge("Memory that cannot be taken back.", "bytes", container),
  container_network_receive_bytes_total: counter("Bytes received.", "bytes", network),
  container_network_receive_errors_total: counter("Errors at receiving.", "1", network),
  container_network_transmit_bytes_total: counter("Bytes sent.", "bytes", network),
  container_network_transmit_errors_total: counter("Errors at sending.", "1", network),
  container_oom_events_total: counter("Times that a container was out of memory.", "1", container),
  container_spec_cpu_period: gauge("Length of a period, in microseconds.", "1", container),
  container_spec_cpu_quota: gauge("Time in a period, in microseconds.", "1", container),
  container_spec_memory_limit_bytes: gauge(
    "Memory that a container may take; 0 without a limit.",
    "bytes",
    container,
  ),
  container_start_time_seconds: gauge(
    "When a container started, in seconds since 1970.",
    "seconds",
    container,
  ),
} as const;
