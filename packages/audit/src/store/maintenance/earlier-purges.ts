import type pg from "pg";
import { openRecord } from "../../signed-records/record-signature.ts";
import type { RecordSigner } from "../../signed-records/record-signer.ts";
import type { SeqRange } from "../../signed-records/seq-range.ts";
import { joinPurged, type EarlierRecord, type PurgedRanges, type UnsignedRecord } from "./purged-ranges.ts";
import { matching, type Slice } from "./slices.ts";

/**
 * Joins what a slice's purge drops with what the records of purges within the slice say: with them goes what explains
 * the gaps that those purges made. An unsigned record is passed on as unsigned, or a forged one would be signed here.
 */
export async function readEarlierPurges(
  client: pg.ClientBase,
  slice: Slice,
  own: readonly SeqRange[],
  signer: RecordSigner | undefined,
): Promise<PurgedRanges> {
  const older = slice.olderThan === null ? [] : [slice.olderThan];
  const { rows } = await client.query<{ seq: string; canonical: Buffer; metadata: EarlierRecord }>(
    `SELECT seq, canonical, metadata
     FROM (SELECT seq, canonical, event_type, metadata FROM ${matching(slice)}) AS going
     WHERE event_type = 'retention_purge' AND metadata ->> 'table' = $${older.length + 1}`,
    [...older, slice.table],
  );
  const signed: EarlierRecord[] = [];
  const unsigned: UnsignedRecord[] = [];
  for (const { seq, canonical, metadata } of rows) {
    if (signer === undefined) {
      signed.push(metadata);
      continue;
    }
    const opened = openRecord(canonical, Number(seq), signer);
    const said = (opened?.fields.metadata ?? {}) as EarlierRecord;
    if (opened?.counts === true) {
      signed.push(said);
    }
    // One with a wrong signature is forged for certain, and explains nothing.
    else if (opened?.isSigned === false) {
      unsigned.push({ seq: Number(seq), said });
    }
  }
  return joinPurged(own, signed, unsigned);
}
