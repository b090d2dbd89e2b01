import { hashAt } from "../transparency-log/tiles/tile-hashes.ts";
import { HASH_BYTES } from "../transparency-log/tree/hashing.ts";
import { LogBuilderError } from "../log-builder/errors.ts";
import type { RecordTrust } from "../signed-records/record-signature.ts";
import { createPurgeRecords } from "../signed-records/purge-records.ts";
import type { Queryable } from "../postgres/queryable.ts";

/** Leaf hashes in order, one after another; `count` of them. */
export interface Leaves {
  readonly count: number;
  at(position: number): Uint8Array;
}

/** One row with all hashes is read in a third of the time of as many rows. */
const LEAVES = `
  SELECT count(*)::int AS count,
         bool_and(seq = expected AND octet_length(leaf_hash) = 32) AS gapless,
         min(expected) FILTER (WHERE seq <> expected OR octet_length(leaf_hash) <> 32) AS wrong,
         string_agg(leaf_hash, ''::bytea ORDER BY expected) AS hashes
  FROM (
    SELECT seq, leaf_hash, $1::bigint + row_number() OVER (ORDER BY seq) - 1 AS expected
    FROM gateway_audit_events WHERE seq >= $1 AND seq < $2
  ) AS leaves`;

/** The leaf hashes `from … to-1`, as many as are committed. Throws `gap` when a number is missing or stands there twice. */
export async function readLeaves(client: Queryable, from: number, to: number): Promise<Leaves> {
  const { rows } = await client.query<{
    count: number;
    gapless: boolean | null;
    wrong: string | null;
    hashes: Buffer | null;
  }>({ name: "audit-leaves", text: LEAVES, values: [from, to] });
  const { count = 0, gapless = null, wrong = null, hashes = null } = rows[0] ?? {};
  if (gapless === false || (hashes?.length ?? 0) !== count * HASH_BYTES) {
    const message =
      wrong !== null && (await wasPurged(client, Number(wrong), null))
        ? `Retention dropped the event at seq ${wrong} before any checkpoint covered it: no tree can be made without it.`
        : `The events' numbers are not in order at seq ${wrong}: one is missing or there twice.`;
    throw new LogBuilderError("gap", message);
  }
  return { count, at: (position) => hashAt(hashes ?? Buffer.alloc(0), position) };
}

/** The number that the next event will get: how many there have been. */
export async function readNextSeq(client: Queryable): Promise<number> {
  const { rows } = await client.query<{ next_seq: string }>({
    name: "audit-next-seq",
    text: "SELECT next_seq FROM gateway_audit_head",
  });
  return Number(rows[0]?.next_seq ?? 0);
}

/** The leaf hashes of the events `from … to-1` that are there, by number; `null` for a number that stands there twice. */
export async function readPresent(
  client: Queryable,
  from: number,
  to: number,
): Promise<ReadonlyMap<number, Uint8Array | null>> {
  const { rows } = await client.query<{ seq: string; leaf_hash: Buffer }>({
    name: "audit-leaves-present",
    text: "SELECT seq, leaf_hash FROM gateway_audit_events WHERE seq >= $1 AND seq < $2",
    values: [from, to],
  });
  const present = new Map<number, Uint8Array | null>();
  for (const { seq, leaf_hash } of rows) {
    present.set(Number(seq), present.has(Number(seq)) ? null : leaf_hash);
  }
  return present;
}

/**
 * Whether a record of the log says that retention dropped the event of that number: one that counts, or with `trust`
 * `null` any, for messages only.
 */
export async function wasPurged(client: Queryable, seq: number, trust: RecordTrust | null): Promise<boolean> {
  const { rows } = await client.query<{ seq: string; canonical: Buffer }>(
    `SELECT record.seq, record.canonical FROM gateway_audit_events AS record
     WHERE record.event_type = 'retention_purge' AND record.seq > $1 AND EXISTS (
       SELECT FROM unnest(ARRAY[record.metadata, record.metadata -> 'unsigned']) AS told (by),
         jsonb_path_query(told.by, 'strict $.seq_ranges[*] ? (@[0] <= $seq && @[1] >= $seq)',
           jsonb_build_object('seq', $1::bigint), silent => true))`,
    [seq],
  );
  if (trust === null) {
    return rows.length > 0;
  }
  const records = createPurgeRecords(trust);
  for (const record of rows) {
    records.add(Number(record.seq), record.canonical);
  }
  return records.firstUncovered(seq, seq + 1) === null;
}
