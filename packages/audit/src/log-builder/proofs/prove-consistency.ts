import { consistencyPath } from "../../transparency-log/proofs/proof-paths.ts";
import { verifyConsistency } from "../../transparency-log/proofs/verify-proof.ts";
import { readNote, type SignedRow } from "../../log-tables/checkpoint-table.ts";
import { LogBuilderError } from "../errors.ts";
import { checkSigned } from "./check-signed.ts";
import { newestCheckpoint, type CheckpointTrust } from "./newest-checkpoint.ts";
import { provableRoots, unprovable } from "./provable-roots.ts";
import type { Queryable } from "../../postgres/queryable.ts";

/** That one tree continues another (RFC 6962, 2.1.2). */
export interface ConsistencyProof {
  readonly oldSize: number;
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
  /** The signed note of the tree of `size`; `null` where none is kept of that size. */
  readonly checkpoint: string | null;
}

/**
 * Proves that the tree of `wanted` events, or the newest one, continues that of `oldSize`. What is stored is held against
 * the newest signed root before it is handed out.
 */
export async function proveConsistency(
  client: Queryable,
  trust: CheckpointTrust | null,
  oldSize: number,
  wanted?: number,
): Promise<ConsistencyProof> {
  const newest = await newestCheckpoint(client, trust);
  if (newest === null) {
    throw new LogBuilderError("not_yet_logged", "Nothing has been signed yet.");
  }
  const size = wanted ?? newest.size;
  const largest = Math.max(oldSize, size);
  if (largest > newest.size) {
    throw new LogBuilderError(
      "not_yet_logged",
      `The newest checkpoint is of ${newest.size} events; there is none of ${largest} yet.`,
    );
  }
  const { hashes, root } = await checked(client, oldSize, size, newest);
  const checkpoint = size === newest.size ? newest.note : await readNote(client, size);
  if (checkpoint !== null && trust !== null) {
    checkSigned({ size, root, note: checkpoint }, trust.keys, trust.origin);
  }
  return { oldSize, size, hashes, checkpoint };
}

/** Both trees must lead to the newest root, so that no proof of altered tiles gets out. */
async function checked(
  client: Queryable,
  oldSize: number,
  size: number,
  newest: SignedRow,
): Promise<{ readonly hashes: Uint8Array[]; readonly root: Uint8Array }> {
  const rootOf = async (of: number): Promise<Uint8Array> => {
    if (of === newest.size) {
      return newest.root;
    }
    const [root] = await provableRoots(client, [{ from: 0, to: of }], newest);
    const path = await provableRoots(client, consistencyPath(of, newest.size), newest);
    if (root === undefined || !verifyConsistency(of, newest.size, root, newest.root, path)) {
      throw unprovable(newest);
    }
    return root;
  };
  const [oldRoot, root] = [await rootOf(oldSize), await rootOf(size)];
  const hashes = await provableRoots(client, consistencyPath(oldSize, size), newest);
  if (!verifyConsistency(oldSize, size, oldRoot, root, hashes)) {
    throw unprovable(newest);
  }
  return { hashes, root };
}
