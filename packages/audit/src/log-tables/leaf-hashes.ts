import { hashAt } from "../transparency-log/tiles/tile-hashes.ts";
import { HASH_BYTES } from "../transparency-log/tree/hashing.ts";
import type { Queryable } from "../postgres/queryable.ts";

/** Leaf hashes in order, one after another; `count` of them. */
export interface LeafHashes {
  readonly count: number;
  at(position: number): Uint8Array;
}

/** The first number that is missing or stands there twice; `null` where a leaf hash is none. */
export interface BrokenOrder {
  readonly wrong: number | null;
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

/** The leaf hashes `from … to-1`, as many as are committed. */
export async function readLeafHashes(
  client: Queryable,
  from: number,
  to: number,
): Promise<LeafHashes | BrokenOrder> {
  const { rows } = await client.query<{
    count: number;
    gapless: boolean | null;
    wrong: string | null;
    hashes: Buffer | null;
  }>({ name: "audit-leaves", text: LEAVES, values: [from, to] });
  const { count = 0, gapless = null, wrong = null, hashes = null } = rows[0] ?? {};
  if (gapless === false || (hashes?.length ?? 0) !== count * HASH_BYTES) {
    return { wrong: wrong === null ? null : Number(wrong) };
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
