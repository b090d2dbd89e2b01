/** Every code of a `LogBuilderError`. The list is closed; docs/reference/errors.md has the same. */
export const LOG_BUILDER_ERROR_CODES = [
  /** The database knows less than was signed: its tail was cut off, or an old backup was restored. Nothing is signed. */
  "rollback",
  /** The database tells another history than the one that was signed. Nothing is signed. */
  "fork",
  /** `seq` has a hole or a number twice. Nothing is signed. */
  "gap",
  /** The stored tiles do not lead to the root that was signed. */
  "tiles_altered",
  /** The newest checkpoint in the database is by a key that is not this log's. Nothing is signed. */
  "unknown_signer",
  /** The key file cannot be used: readable by others, or no Ed25519 key. */
  "signer_unusable",
  /** The file that remembers what was signed cannot be read. */
  "memory_unusable",
  /** The stored event or the tiles no longer lead to the root that was signed. */
  "unprovable",
  /** There is no event of that id. */
  "unknown_event",
  /** The event is committed, but no checkpoint covers it yet; ask again in a second. */
  "not_yet_logged",
  /** Retention has dropped an event of the entry bundle. */
  "entry_dropped",
] as const;
/** One of `LOG_BUILDER_ERROR_CODES`. */
export type LogBuilderErrorCode = (typeof LOG_BUILDER_ERROR_CODES)[number];

/** Why the log builder does not sign. `cause` is what lies behind it. */
export class LogBuilderError extends Error {
  override readonly name = "LogBuilderError";
  readonly code: LogBuilderErrorCode;

  constructor(code: LogBuilderErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
