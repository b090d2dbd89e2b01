import type { KeySet } from "../../transparency-log/notes/key-set.ts";
import { openCheckpoint } from "../../transparency-log/notes/open-checkpoint.ts";
import { LogBuilderError } from "../errors.ts";

/**
 * Whether a checkpoint in the database is one that this log signed, and is stored as it was signed. Throws
 * `unknown_signer` or `fork`.
 *
 * @param origin the log that it must be of; `null` where that is not known
 */
export function checkSigned(
  row: { readonly size: number; readonly root: Uint8Array; readonly note: string },
  keys: KeySet,
  origin: string | null,
): void {
  let opened;
  try {
    opened = openCheckpoint(row.note, keys, origin ?? undefined);
  } catch (cause) {
    throw new LogBuilderError(
      "unknown_signer",
      `The checkpoint of size ${row.size} in the database is not signed by this log's key. After a change of keys, name the former key.`,
      { cause },
    );
  }
  if (opened.size !== row.size || Buffer.compare(opened.root, row.root) !== 0) {
    throw new LogBuilderError(
      "fork",
      `The checkpoint of size ${row.size} was stored with another size or root than it was signed with.`,
    );
  }
}
