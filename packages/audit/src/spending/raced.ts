import pg from "pg";

const UNIQUE_VIOLATION = "23505";
/** Each time another process has written a row of the same call first; there are two that may: its gateway, and a reader of the log. */
const ATTEMPTS = 5;

/**
 * Does a transaction again that met a charge which another one has inserted since it looked: it finds the row then. The
 * last failure is the caller's.
 */
export async function againWhereRaced<T>(transaction: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (attempt === ATTEMPTS || !isRaced(error)) {
        throw error;
      }
    }
  }
}

function isRaced(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof pg.DatabaseError && cause.code === UNIQUE_VIOLATION;
}
