/** Every code of a `VerificationError`. The list is closed; docs/reference/errors.md has the same. */
export const VERIFICATION_ERROR_CODES = [
  /** The database cannot be reached or refuses. */
  "database_unavailable",
  /** There is no audit log in that database, or one of another version. */
  "not_an_audit_log",
  /** There is no checkpoint yet, so that nothing can be exported with a proof. */
  "nothing_signed",
  /** There are more records of purges and erasures than fit into the memory of a verifier: verify an export. */
  "too_many_records",
  /** Retention went on dropping events while they were looked for: verify again, or an export. */
  "dropped_meanwhile",
  /** The export cannot be read, or is no export. */
  "not_an_export",
] as const;
/** One of `VERIFICATION_ERROR_CODES`. */
export type VerificationErrorCode = (typeof VERIFICATION_ERROR_CODES)[number];

/** Nothing can be said of the log: it could not be read. Not a finding. */
export class VerificationError extends Error {
  override readonly name = "VerificationError";
  readonly code: VerificationErrorCode;

  constructor(code: VerificationErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
