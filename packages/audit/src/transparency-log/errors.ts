/** Every code of a `TransparencyLogError`. The list is closed; docs/reference/errors.md has the same. */
export const TRANSPARENCY_LOG_ERROR_CODES = [
  /** Text that is no signed note (C2SP signed-note). */
  "malformed_note",
  /** A signed note whose text is no checkpoint (C2SP tlog-checkpoint). */
  "malformed_checkpoint",
  /** A verifier key that cannot be read (C2SP signed-note, "vkey"). */
  "malformed_key",
  /** Text that is no proof of the C2SP tlog-proof format, or a proof of the wrong length. */
  "malformed_proof",
  /** A path, a tile or an entry bundle that C2SP tlog-tiles does not allow. */
  "malformed_tile",
  /** No signature of the note is by a key that the verifier knows. */
  "unknown_key",
  /** A signature that names a known key does not verify. */
  "invalid_signature",
  /** The key is known, but not for a tree of that size (rotated out, or not yet in). */
  "key_out_of_range",
  /** The checkpoint is of another log. */
  "wrong_origin",
  /** The proof does not lead to the checkpoint's root. */
  "proof_mismatch",
  /** The receipt holds, and is of another event than the one that was asked for. */
  "wrong_event",
  /** An index or size that the tree does not have. */
  "out_of_range",
] as const;
/** One of `TRANSPARENCY_LOG_ERROR_CODES`. */
export type TransparencyLogErrorCode = (typeof TRANSPARENCY_LOG_ERROR_CODES)[number];

/** A note, key, proof or receipt that cannot be read or does not hold. */
export class TransparencyLogError extends Error {
  override readonly name = "TransparencyLogError";
  readonly code: TransparencyLogErrorCode;

  constructor(code: TransparencyLogErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
