import pg from "pg";
import { toAuditError } from "../store-errors.ts";
import type { Queryable } from "./read-events.ts";

/** Connections for those who only read; each statement takes one as long as it runs. */
export interface ReadingPool extends Queryable {
  end(): Promise<void>;
}

export interface ReadingPoolOptions {
  readonly connectionString: string;
  /** Queries at once; others wait. Default 4. */
  readonly maxConnections?: number;
  /** A query that takes longer fails with `store_timeout`, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}

/** Whatever fails is an `AuditError`. */
export function createReadingPool(options: ReadingPoolOptions & { readonly name: string }): ReadingPool {
  const { name, connectionString, maxConnections = 4, timeoutMs = 10_000 } = options;
  const pool = new pg.Pool({
    connectionString,
    max: maxConnections,
    application_name: name,
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: timeoutMs,
    query_timeout: timeoutMs + 1_000,
    // Nobody audits all day: connections go back when they are not used.
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
  });
  // An idle connection that breaks is replaced by the pool; the next query tells if the database is gone.
  pool.on("error", () => undefined);
  return {
    query: ((query: pg.QueryConfig | string, values?: unknown[]) =>
      pool.query(query as pg.QueryConfig, values).catch((error: unknown) => {
        throw toAuditError(error);
      })) as Queryable["query"],
    end: () => pool.end(),
  };
}
