import { bounded, oneOf } from "@sark/observability/metrics";
import { counter, gauge } from "./define.ts";

const server = bounded(100);
const datname = bounded(100);
const database = { datid: bounded(100), datname, server };
const activity = {
  datname,
  server,
  state: oneOf(
    "active",
    "disabled",
    "fastpath function call",
    "idle",
    "idle in transaction",
    "idle in transaction (aborted)",
  ),
};

/** Of the PostgreSQL exporter. */
export const postgresCatalog = {
  pg_up: gauge("Whether the exporter reached PostgreSQL."),
  pg_exporter_last_scrape_error: gauge("Is 1 where the last look at PostgreSQL failed."),
  pg_database_size_bytes: gauge("Size of a database on the disk.", "bytes", { datname, server }),
  pg_locks_count: gauge("Locks that are held or waited for.", "1", {
    datname,
    server,
    mode: oneOf(
      "accessexclusivelock",
      "accesssharelock",
      "exclusivelock",
      "rowexclusivelock",
      "rowsharelock",
      "sharelock",
      "sharerowexclusivelock",
      "shareupdateexclusivelock",
      "sireadlock",
    ),
  }),
  pg_settings_max_connections: gauge("Connections that PostgreSQL takes.", "1", { server }),
  pg_settings_shared_buffers_bytes: gauge("Memory for pages of tables.", "bytes", { server }),
  pg_stat_activity_count: gauge("Connections, by state.", "1", activity),
  pg_stat_activity_max_tx_duration: gauge("Age of the longest transaction.", "seconds", activity),
  pg_stat_archiver_failed_count: counter("Segments of the write-ahead log that could not be archived.", "1", {
    server,
  }),
  pg_stat_database_blks_hit: counter("Blocks that were in memory.", "1", database),
  pg_stat_database_blks_read: counter("Blocks that were read from the disk.", "1", database),
  pg_stat_database_conflicts: counter("Queries that recovery ended.", "1", database),
  pg_stat_database_deadlocks: counter("Deadlocks.", "1", database),
  pg_stat_database_numbackends: gauge("Connections to a database.", "1", database),
  pg_stat_database_temp_bytes: counter("Bytes that queries wrote to temporary files.", "bytes", database),
  pg_stat_database_tup_deleted: counter("Rows deleted.", "1", database),
  pg_stat_database_tup_fetched: counter("Rows fetched by index.", "1", database),
  pg_stat_database_tup_inserted: counter("Rows inserted.", "1", database),
  pg_stat_database_tup_returned: counter("Rows read.", "1", database),
  pg_stat_database_tup_updated: counter("Rows updated.", "1", database),
  pg_stat_database_xact_commit: counter("Transactions committed.", "1", database),
  pg_stat_database_xact_rollback: counter("Transactions rolled back.", "1", database),
} as const;
