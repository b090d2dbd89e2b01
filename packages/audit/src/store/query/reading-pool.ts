import type pg from "pg";
import { toAuditError } from "../../postgres/failures.ts";
import { createPool } from "../../postgres/pool.ts";
import type { Queryable } from "../../postgres/queryable.ts";

/** Connections for those who only read; each statement takes one as long as it runs. */
export interface ReadingPool extends Queryable {
  end(): Promise<void>;
}

/** Where the audit log is, and how much of the database its readers may take. */
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
  const pool = createPool({ name, connectionString, maxConnections, statementTimeoutMs: timeoutMs });
  return {
    query: <R extends pg.QueryResultRow>(statement: string | pg.QueryConfig, values?: unknown[]) =>
      pool.query<R>(statement as pg.QueryConfig, values).catch((error: unknown) => {
        throw toAuditError(error);
      }),
    end: () => pool.end(),
  };
}
