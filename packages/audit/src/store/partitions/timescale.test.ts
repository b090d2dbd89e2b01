import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { expect, inject, it } from "vitest";
import { createTestDatabase } from "@sark/testkit";
import { createAuditLog } from "../audit-log.ts";
import { expiredSlices } from "../maintenance/slices.ts";
import { ensurePartitions } from "./partitions.ts";
import { callIntent } from "../testing/records.ts";

const migrations = join(import.meta.dirname, "../../../migrations");

/**
 * TimescaleDB cannot be installed beside the embedded server. So its branch of the migrations runs against functions
 * of the same signatures that hold the tables to TimescaleDB's own rules: each key contains the time, and an index is
 * dropped alone. By hand, all of it ran on TimescaleDB 2.19.3 with PostgreSQL 15: up and down, writing, retention by
 * chunks, orphans, erasure, verification.
 */
const STAND_IN = `
  CREATE FUNCTION create_hypertable(relation regclass, time_column name, chunk_time_interval interval,
                                    create_default_indexes boolean)
  RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (
      SELECT FROM pg_index WHERE indrelid = relation AND indisunique AND NOT EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = relation AND attname = time_column AND attnum = ANY (indkey))
    ) THEN RAISE 'cannot create a unique index without the column "%"', time_column; END IF;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = relation AND attname = time_column AND NOT attnotnull)
    THEN RAISE 'the time may be missing'; END IF;
  END $$;
  CREATE FUNCTION drop_alone() RETURNS event_trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF (SELECT count(*) FROM pg_event_trigger_dropped_objects() WHERE original AND object_type = 'index') > 1
    THEN RAISE 'cannot drop a hypertable index along with other objects'; END IF;
  END $$;
  CREATE EVENT TRIGGER drop_alone ON sql_drop EXECUTE FUNCTION drop_alone();
  CREATE SCHEMA timescaledb_information;
  CREATE VIEW timescaledb_information.chunks AS
    SELECT 'gateway_audit_events'::name AS hypertable_name, '_timescaledb_internal'::name AS chunk_schema,
           '_hyper_1_1_chunk'::name AS chunk_name, '2026-01-01Z'::timestamptz AS range_start,
           '2026-01-02Z'::timestamptz AS range_end`;

it("makes a table that TimescaleDB takes, and leaves chunks to it [AUD-3]", async () => {
  const database = await createTestDatabase(inject("postgresUrl"));
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(STAND_IN);
  let branches = 0;
  for (const file of readdirSync(migrations)
    .filter((name) => name.endsWith(".up.sql"))
    .sort()) {
    const sql = readFileSync(join(migrations, file), "utf8");
    const present = sql.replace(/EXISTS \(SELECT FROM pg_extension WHERE extname = 'timescaledb'\)/g, "true");
    if (present !== sql) {
      branches += 1;
    }
    await client.query(present);
  }
  expect(branches).toBe(2);
  expect(await ensurePartitions(client, Date.now(), 3)).toEqual([]);
  expect(await expiredSlices(client, "gateway_audit_events", new Date("2026-02-01"))).toEqual([
    {
      table: "gateway_audit_events",
      relation: "_timescaledb_internal._hyper_1_1_chunk",
      olderThan: null,
      cutoff: new Date("2026-02-01"),
      drop: {
        sql: "SELECT drop_chunks($1::regclass, older_than => $2::timestamptz)",
        values: ["gateway_audit_events", new Date("2026-01-02")],
      },
    },
  ]);
  const log = createAuditLog({ connectionString: database.url });
  expect(await log.record(callIntent())).toMatchObject({ seq: 0n });
  await log.close();
  await client.end();
  await database.drop();
});
