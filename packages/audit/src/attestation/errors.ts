/** Every code of an `AttestationError`. The list is closed; docs/reference/errors.md has the same. */
export const ATTESTATION_ERROR_CODES = [
  /** A witness or time-stamp authority responded with something else than its protocol says. */
  "bad_attestation",
  /** The witness has cosigned a larger tree than this log has: the log was set back. */
  "rollback",
] as const;
/** One of `ATTESTATION_ERROR_CODES`. */
export type AttestationErrorCode = (typeof ATTESTATION_ERROR_CODES)[number];

/** Why a witness or a time-stamp authority did not confirm a checkpoint. */
export class AttestationError extends Error {
  override readonly name = "AttestationError";
  readonly code: AttestationErrorCode;

  constructor(code: AttestationErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
