import type pg from "pg";
import { PARTITIONED_TABLES, partitioningOf } from "../partitions/partitions.ts";

/** Bytes of the audit log's tables: events, payloads and tiles, with indexes and what is stored out of line. */
export async function measureStorage(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    `SELECT coalesce(sum(pg_total_relation_size(oid)), 0) AS bytes FROM pg_class
     WHERE relkind IN ('r', 'p') AND relname LIKE 'gateway\\_audit\\_%'
       AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'gateway_audit_events'::regclass)`,
  );
  let bytes = Number(rows[0]?.bytes ?? 0);
  for (const table of PARTITIONED_TABLES) {
    // Chunks lie in a schema of TimescaleDB's own.
    if ((await partitioningOf(client, table)) === "hypertable") {
      bytes += await hypertableSize(client, table);
    }
  }
  return bytes;
}

async function hypertableSize(client: pg.ClientBase, table: string): Promise<number> {
  const { rows } = await client.query<{ bytes: string | null }>(
    "SELECT hypertable_size($1::regclass) AS bytes",
    [table],
  );
  return Number(rows[0]?.bytes ?? 0);
}
