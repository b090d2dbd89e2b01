import type pg from "pg";

/** What runs a statement: a pool, a client, or a session that holds locks. */
export interface Queryable {
  query<R extends pg.QueryResultRow>(
    statement: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>>;
}
