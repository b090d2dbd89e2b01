import type pg from "pg";
import { inTransaction } from "../../postgres/transaction.ts";

/** The tables that are kept by days; each has a partition `<table>_p<yyyymmdd>` a day and `<table>_default`. */
export const PARTITIONED_TABLES = ["gateway_audit_events", "gateway_audit_payloads"] as const;
export type PartitionedTable = (typeof PARTITIONED_TABLES)[number];

export const DAY_MS = 86_400_000;

/** A day's partition, named for its day: `gateway_audit_events_p20261121`. */
export function partitionName(table: PartitionedTable, day: Date): string {
  return `${table}_p${day.toISOString().slice(0, 10).replaceAll("-", "")}`;
}

/** How a table is kept by time: PostgreSQL's own partitions, or chunks that TimescaleDB makes by itself. */
export async function partitioningOf(
  client: pg.ClientBase,
  table: PartitionedTable,
): Promise<"native" | "hypertable"> {
  const { rows } = await client.query<{ kind: string }>(
    "SELECT relkind AS kind FROM pg_class WHERE oid = $1::regclass",
    [table],
  );
  return rows[0]?.kind === "p" ? "native" : "hypertable";
}

/**
 * Makes the partitions of today and the days ahead that are missing, so that no insert ever waits for one.
 * Does nothing where TimescaleDB makes its own chunks. Safe to run from several processes at once.
 */
export async function ensurePartitions(
  client: pg.ClientBase,
  now: number,
  daysAhead: number,
): Promise<string[]> {
  const made: string[] = [];
  for (const table of PARTITIONED_TABLES) {
    if ((await partitioningOf(client, table)) !== "native") {
      continue;
    }
    const days = Array.from(
      { length: daysAhead + 1 },
      (_, ahead) => new Date(Math.floor(now / DAY_MS) * DAY_MS + ahead * DAY_MS),
    );
    // At most starts all of them are there, which one statement finds out.
    const missing = await missingOf(
      client,
      days.map((day) => partitionName(table, day)),
    );
    for (const day of days.filter((one) => missing.has(partitionName(table, one)))) {
      if (await ensurePartition(client, table, day)) {
        made.push(partitionName(table, day));
      }
    }
  }
  return made;
}

/**
 * PostgreSQL compresses rows of more than 2 kB: that of a call in a session has a little more, and to try it takes a
 * sixth of the time that the row is written in, for digests and ids that hardly get smaller.
 */
const STORAGE: Readonly<Record<PartitionedTable, string>> = {
  gateway_audit_events: "WITH (toast_tuple_target = 4080)",
  gateway_audit_payloads: "",
};

async function ensurePartition(client: pg.ClientBase, table: PartitionedTable, day: Date): Promise<boolean> {
  try {
    return await makePartition(client, table, day, false);
  } catch (error) {
    // The default partition holds rows of that day: a partition cannot be made over them.
    if ((error as { code?: string }).code !== "23514") {
      throw error;
    }
    return await makePartition(client, table, day, true);
  }
}

/**
 * Rows that are moved along need the whole table: a query that has already looked up its partitions, and waits for one
 * of them, would find the rows in none.
 */
async function makePartition(
  client: pg.ClientBase,
  table: PartitionedTable,
  day: Date,
  move: boolean,
): Promise<boolean> {
  const name = partitionName(table, day);
  const from = day.toISOString();
  const to = new Date(day.getTime() + DAY_MS).toISOString();
  return inTransaction(client, async () => {
    // Others must not queue up behind us while we wait for a query that takes long.
    await client.query("SET LOCAL lock_timeout = '1s'");
    await client.query(`LOCK TABLE ${table} IN ${move ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE"} MODE`);
    // Another process may have made it meanwhile.
    const missing = (await missingOf(client, [name])).has(name);
    if (missing) {
      await client.query(
        `CREATE TABLE ${name} (LIKE ${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS) ${STORAGE[table]}`,
      );
      if (move) {
        await moveRows(client, table, name, [from, to]);
      }
      await client.query(
        `ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`,
      );
    }
    return missing;
  });
}

async function moveRows(
  client: pg.ClientBase,
  table: PartitionedTable,
  to: string,
  range: readonly [from: string, to: string],
): Promise<void> {
  await client.query(
    `WITH moved AS (DELETE FROM ${table}_default WHERE "timestamp" >= $1 AND "timestamp" < $2 RETURNING *)
     INSERT INTO ${to} SELECT * FROM moved`,
    [...range],
  );
}

/** Those that are no tables. */
async function missingOf(client: pg.ClientBase, names: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL",
    [names],
  );
  return new Set(rows.map(({ name }) => name));
}
