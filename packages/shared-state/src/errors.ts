/** Why the shared state could not be asked. */
export const SHARED_STATE_ERROR_CODES = [
  /** It is known to be away: it was not asked. */
  "away",
  /** It did not respond in time. */
  "timeout",
  /** There is no connection, or it broke. */
  "unreachable",
  /** It responded with an error: it is loading, read-only, full, or does not accept the credentials. */
  "refused",
] as const;
export type SharedStateErrorCode = (typeof SHARED_STATE_ERROR_CODES)[number];

export class SharedStateError extends Error {
  override readonly name = "SharedStateError";
  readonly code: SharedStateErrorCode;

  constructor(code: SharedStateErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
