/** Every code of an `AuditError`. The list is closed; docs/reference/errors.md has the same. */
export const AUDIT_ERROR_CODES = [
  /** The event breaks the contract; `field` names where. */
  "invalid_event",
  /** The database will not have the record, for what it says; its neighbours are kept. */
  "record_refused",
  /** More records wait than the queue may hold; nothing was kept, try again. */
  "overloaded",
  /** The database could not be reached, or refused the write. */
  "store_unavailable",
  /** The database did not respond in time; it is not known whether the record was kept. */
  "store_timeout",
  /** The database is away, and the spool that should take the record instead is full or cannot be written. */
  "spool_failed",
  /** `close` was called. */
  "closed",
  /** A filter, cursor, limit or selector that makes no sense; `field` names which. */
  "invalid_query",
  /** Settings that contradict each other, such as spooling without a folder to spool to. */
  "invalid_settings",
  /** The log is signed, and what was asked for needs a record that only its key can sign; this process has no key. */
  "needs_log_key",
  /** The migrations on disk and those in the database disagree. */
  "migration_mismatch",
] as const;
/** One of `AUDIT_ERROR_CODES`. */
export type AuditErrorCode = (typeof AUDIT_ERROR_CODES)[number];

/** What every call of the audit log rejects with. `cause` is what lies behind it, such as an error of PostgreSQL. */
export class AuditError extends Error {
  override readonly name = "AuditError";
  readonly code: AuditErrorCode;
  /** The field at fault, for `invalid_event` and `invalid_query`. */
  readonly field: string | undefined;

  constructor(code: AuditErrorCode, message: string, options: { field?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.field = options.field;
  }
}
