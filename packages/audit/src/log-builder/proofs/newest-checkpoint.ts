import { readNewestSigned, type SignedRow } from "../../log-tables/checkpoint-table.ts";
import type { Queryable } from "../../postgres/queryable.ts";
import type { KeySet } from "../../transparency-log/notes/key-set.ts";
import { checkSigned } from "./check-signed.ts";

/** Whose checkpoints count: the log's verifier keys, and its name where that is known. */
export interface CheckpointTrust {
  readonly keys: KeySet;
  readonly origin: string | null;
}

/**
 * The newest signed checkpoint, `null` before the first one. Where keys of the log are given, it is verified: rejects
 * with `unknown_signer` or `fork`. With `trust` `null` the database is believed.
 */
export async function newestCheckpoint(
  client: Queryable,
  trust: CheckpointTrust | null,
): Promise<SignedRow | null> {
  const newest = await readNewestSigned(client);
  if (newest !== null && trust !== null) {
    checkSigned(newest, trust.keys, trust.origin);
  }
  return newest;
}
