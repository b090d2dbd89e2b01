import { bounded } from "@sark/observability/metrics";
import { counter, gauge } from "./define.ts";

const cmd = bounded(200);
const db = bounded(64);

/** Of the Redis exporter; Valkey has the same. */
export const redisCatalog = {
  redis_up: gauge("Whether the exporter reached Redis."),
  redis_blocked_clients: gauge("Clients that wait in a blocking command."),
  redis_commands_duration_seconds_total: counter("Time that commands took, by command.", "seconds", { cmd }),
  redis_commands_failed_calls_total: counter("Commands that failed.", "1", { cmd }),
  redis_commands_processed_total: counter("Commands."),
  redis_commands_total: counter("Commands, by command.", "1", { cmd }),
  redis_config_maxclients: gauge("Clients that may be connected."),
  redis_config_maxmemory: gauge("Memory that data may take; 0 without a limit.", "bytes"),
  redis_connected_clients: gauge("Clients that are connected."),
  redis_connected_slaves: gauge("Replicas that are connected."),
  redis_connections_received_total: counter("Connections."),
  redis_cpu_sys_seconds_total: counter("Processor time in the kernel.", "seconds"),
  redis_cpu_user_seconds_total: counter("Processor time in its own code.", "seconds"),
  redis_db_keys: gauge("Keys of a database.", "1", { db }),
  redis_db_keys_expiring: gauge("Keys that expire.", "1", { db }),
  redis_evicted_keys_total: counter("Keys that were dropped for want of memory."),
  redis_expired_keys_total: counter("Keys that expired."),
  redis_keyspace_hits_total: counter("Keys that were looked for and found."),
  redis_keyspace_misses_total: counter("Keys that were looked for and not found."),
  redis_mem_fragmentation_ratio: gauge("Memory taken from the system over memory of data.", "ratio"),
  redis_memory_max_bytes: gauge("Memory that data may take; 0 without a limit.", "bytes"),
  redis_memory_used_bytes: gauge("Memory of data.", "bytes"),
  redis_memory_used_peak_bytes: gauge("Most memory that data took.", "bytes"),
  redis_memory_used_rss_bytes: gauge("Memory taken from the system.", "bytes"),
  redis_net_input_bytes_total: counter("Bytes received.", "bytes"),
  redis_net_output_bytes_total: counter("Bytes sent.", "bytes"),
  redis_rejected_connections_total: counter("Connections that were refused."),
  redis_slowlog_length: gauge("Commands in the log of slow ones."),
  redis_uptime_in_seconds: gauge("How long it runs.", "seconds"),
} as const;
