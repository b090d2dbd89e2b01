import type pg from "pg";
import { DAY_MS, partitioningOf, type PartitionedTable } from "../partitions/partitions.ts";

/** A part of a table that is dropped whole, or the old rows of the default partition. */
export interface Slice {
  readonly table: PartitionedTable;
  /** The relation to look at, quoted. */
  readonly relation: string;
  /** Rows of it that count; `null` for all. */
  readonly olderThan: Date | null;
  /** Of a slice that is deleted by rows: only events below this number count, as more may come. */
  readonly below?: number;
  /** All of it that counts is older than this. */
  readonly cutoff: Date;
  readonly drop: { readonly sql: string; readonly values: readonly unknown[] };
}

/** What lies wholly before `cutoff`, oldest first; then the old rows that no day's partition covers. */
export async function expiredSlices(
  client: pg.ClientBase,
  table: PartitionedTable,
  cutoff: Date,
): Promise<Slice[]> {
  return (await partitioningOf(client, table)) === "native"
    ? nativeSlices(client, table, cutoff)
    : chunkSlices(client, table, cutoff);
}

async function nativeSlices(client: pg.ClientBase, table: PartitionedTable, cutoff: Date): Promise<Slice[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT child.relname AS name FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
     WHERE inhparent = $1::regclass AND child.relname ~ '_p[0-9]{8}$' ORDER BY child.relname`,
    [table],
  );
  const days = rows
    .filter(({ name }) => dayOf(name).getTime() + DAY_MS <= cutoff.getTime())
    .map(({ name }): Slice => ({
      table,
      relation: name,
      olderThan: null,
      cutoff,
      drop: { sql: `DROP TABLE ${name}`, values: [] },
    }));
  const rest: Slice = {
    table,
    relation: `${table}_default`,
    olderThan: cutoff,
    cutoff,
    drop: { sql: `DELETE FROM ${table}_default WHERE "timestamp" < $1`, values: [cutoff] },
  };
  return [...days, rest];
}

/** The slice's rows, as what stands behind `FROM`; `olderThan`, where it is given, is parameter 1. */
export function matching(slice: Slice): string {
  if (slice.olderThan === null) {
    return slice.relation;
  }
  const below = slice.below === undefined ? "" : ` AND seq < ${slice.below}`;
  return `${slice.relation} WHERE "timestamp" < $1${below}`;
}

/** The slice without the events from that number on, where its rows are deleted one by one. */
export function boundSlice(slice: Slice, below: number): Slice {
  if (slice.olderThan === null) {
    return slice;
  }
  const bounded = { ...slice, below };
  return { ...bounded, drop: { sql: `DELETE FROM ${matching(bounded)}`, values: [slice.olderThan] } };
}

function dayOf(partition: string): Date {
  const [, year, month, day] = /_p(\d{4})(\d{2})(\d{2})$/.exec(partition) ?? [];
  return new Date(`${year}-${month}-${day}T00:00:00Z`);
}

/** Chunks of TimescaleDB. `drop_chunks` takes all before a time: going from the oldest on, that is one at a time. */
async function chunkSlices(client: pg.ClientBase, table: PartitionedTable, cutoff: Date): Promise<Slice[]> {
  const { rows } = await client.query<{ relation: string; range_end: Date }>(
    `SELECT format('%I.%I', chunk_schema, chunk_name) AS relation, range_end FROM timescaledb_information.chunks
     WHERE hypertable_name = $1 AND range_end <= $2 ORDER BY range_end`,
    [table, cutoff],
  );
  return rows.map(({ relation, range_end }) => ({
    table,
    relation,
    olderThan: null,
    cutoff,
    drop: {
      sql: "SELECT drop_chunks($1::regclass, older_than => $2::timestamptz)",
      values: [table, range_end],
    },
  }));
}
