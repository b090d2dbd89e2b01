import type { AuditError } from "../../errors.ts";

/** Division by zero: how the insert fails that finds rows missing (`insert-batch.ts`). No record is at fault. */
export const ROWS_MISSING = "22012";

/**
 * The server refused what the statement holds: SQLSTATE classes 22 (data), 23 (constraints) and 54 (limits, such as
 * a value too long for an index). Nothing was kept, and trying again changes nothing.
 */
export function isRefused(error: unknown): boolean {
  const { code, constraint } = ((error as AuditError).cause ?? {}) as {
    code?: unknown;
    constraint?: unknown;
  };
  // A row was on its way to the default partition when its own was made: a check that has no name. Now it has a place.
  if (code === "23514" && constraint === undefined) {
    return false;
  }
  return typeof code === "string" && code !== ROWS_MISSING && /^(?:22|23|54)/.test(code);
}
