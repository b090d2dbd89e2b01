export const DATABASE_ERROR_CODES = [
  /** The role that the service connects as could see the rows of all tenants. */
  "unsafe_role",
  /** A table of tenants has no row-level security for that role. */
  "unsafe_table",
] as const;
export type DatabaseErrorCode = (typeof DATABASE_ERROR_CODES)[number];

/** The database is not as the isolation of tenants needs it. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly code: DatabaseErrorCode;

  constructor(code: DatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
