import pg from "pg";

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * One connection for who checks the log from outside, opened when it is needed. Its statements have no time limit: to
 * verify a log is to read whole tables.
 */
export function createAuditorPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: 1,
    application_name: "sark-audit-verify",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // An idle connection that breaks; the next statement opens another, or tells that the database is away.
  pool.on("error", () => undefined);
  return pool;
}
