import { encodeEntryBundle, MAX_BUNDLED_ENTRY } from "../../transparency-log/tiles/entry-bundle.ts";
import { leafHash } from "../../transparency-log/tree/hashing.ts";
import { hashAt } from "../../transparency-log/tiles/tile-hashes.ts";
import { TILE_WIDTH } from "../../transparency-log/tiles/tile-layout.ts";
import { LogBuilderError } from "../errors.ts";
import type { RecordTrust } from "../../signed-records/record-signature.ts";
import { wasPurged } from "../../signed-records/was-purged.ts";
import { readTile } from "../../log-tables/tile-table.ts";
import type { Queryable } from "../../postgres/queryable.ts";

/**
 * The events of a bundle in the bytes that were logged, each held against its hash in the tree of `size`; `null` where
 * that tree has no such bundle.
 */
export async function readEntryBundle(
  client: Queryable,
  { index, width, size }: { readonly index: number; readonly width: number; readonly size: number },
  trust: RecordTrust | null,
): Promise<Buffer | null> {
  const hashes = await readTile(client, { level: 0, index, width }, size);
  if (hashes === null) {
    return null;
  }
  const first = index * TILE_WIDTH;
  const entries = await readEntries(client, first, first + width, trust);
  for (const [position, { leaf }] of entries.entries()) {
    if (Buffer.compare(leaf, hashAt(hashes, position)) !== 0) {
      const message = `The event at seq ${first + position} is not the one that was logged there: run "audit verify".`;
      throw new LogBuilderError("unprovable", message);
    }
  }
  return encodeEntryBundle(entries.map(({ bytes }) => bytes));
}

/** An event as the bundle has it, and the hash of the event as it is. */
interface Entry {
  readonly bytes: Buffer;
  readonly leaf: Uint8Array;
}

/**
 * Older versions recorded longer events. Such an event is not read: 256 of the longest would be a hundred megabytes. Its
 * entry is empty, which no other event's is; its hash stands in the tile, and the event in the export.
 */
const ENTRIES = `
  SELECT seq,
    CASE WHEN octet_length(canonical) <= ${MAX_BUNDLED_ENTRY} THEN canonical END AS canonical,
    CASE WHEN octet_length(canonical) > ${MAX_BUNDLED_ENTRY} THEN sha256('\\x00'::bytea || canonical) END AS leaf
  FROM gateway_audit_events WHERE seq >= $1 AND seq < $2 ORDER BY seq`;

async function readEntries(
  client: Queryable,
  from: number,
  to: number,
  trust: RecordTrust | null,
): Promise<Entry[]> {
  const { rows } = await client.query<{ seq: string; canonical: Buffer | null; leaf: Buffer | null }>({
    name: "audit-entries",
    text: ENTRIES,
    values: [from, to],
  });
  const bySeq = new Map(rows.map((row) => [Number(row.seq), row]));
  const entries: Entry[] = [];
  for (let seq = from; seq < to; seq += 1) {
    const row = bySeq.get(seq);
    if (row === undefined) {
      throw await missing(client, seq, trust);
    }
    const bytes = row.canonical ?? Buffer.alloc(0);
    entries.push({ bytes, leaf: row.leaf ?? leafHash(bytes) });
  }
  return entries;
}

async function missing(client: Queryable, seq: number, trust: RecordTrust | null): Promise<LogBuilderError> {
  return (await wasPurged(client, seq, trust))
    ? new LogBuilderError("entry_dropped", `Retention has dropped the event at seq ${seq}.`)
    : new LogBuilderError(
        "unprovable",
        `The event at seq ${seq} was logged and is missing: run "audit verify".`,
      );
}
