import type { Queryable } from "../postgres/queryable.ts";
import { createPurgeRecords } from "./purge-records.ts";
import type { RecordTrust } from "./record-signature.ts";

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
