import { readNewestSigned, type SignedRow } from "../../log-tables/checkpoint-table.ts";
import type { Queryable } from "../../postgres/queryable.ts";
import type { RecordTrust } from "../../signed-records/record-signature.ts";
import { checkSigned } from "./check-signed.ts";

/**
 * The newest signed checkpoint, `null` before the first one. Where keys of the log are given, it is verified: rejects
 * with `unknown_signer` or `fork`. With `trust` `null` the database is believed.
 */
export async function newestCheckpoint(
  client: Queryable,
  trust: RecordTrust | null,
): Promise<SignedRow | null> {
  const newest = await readNewestSigned(client);
  if (newest !== null && trust !== null) {
    checkSigned(newest, trust.keys, trust.origin);
  }
  return newest;
}
