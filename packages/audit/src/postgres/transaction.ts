import type pg from "pg";
import type { Queryable } from "./queryable.ts";

export interface TransactionOptions<T> {
  /** Whether what `work` did is to be kept. Default: always, unless it throws. */
  keep?(result: T): boolean;
  /** Called when the transaction could not be rolled back. The session may still be in it and must not be used again. */
  onStuck?(): void;
}

/** Runs `work` in a transaction, which is rolled back when `work` fails. */
export async function inTransaction<T>(
  session: Queryable,
  work: () => Promise<T>,
  { keep = () => true, onStuck }: TransactionOptions<T> = {},
): Promise<T> {
  await session.query("BEGIN");
  try {
    const result = await work();
    await session.query(keep(result) ? "COMMIT" : "ROLLBACK");
    return result;
  } catch (error) {
    // Also when our own code refused: on a session that stays in a transaction, all that is written later would be
    // acknowledged and never committed. Where the session itself broke there is nothing left to roll back.
    await session.query("ROLLBACK").catch(() => onStuck?.());
    throw error;
  }
}

/** Runs `work` as a part of the transaction that the session is in: where it fails, its part alone is rolled back. */
export async function inPartOfTransaction<T>(session: Queryable, work: () => Promise<T>): Promise<T> {
  await session.query("SAVEPOINT part");
  try {
    const result = await work();
    await session.query("RELEASE SAVEPOINT part");
    return result;
  } catch (error) {
    // Where the session is what failed, there is nothing to roll back.
    await session.query("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part").catch(() => undefined);
    throw error;
  }
}

/**
 * Runs statements and rolls them back, and resolves to the rows that each would have returned. All of it is one message: a
 * client that stops in the middle leaves no lock behind.
 */
export async function rehearse(
  session: Queryable,
  ...statements: readonly string[]
): Promise<readonly pg.QueryResultRow[][]> {
  try {
    const result: unknown = await session.query(`BEGIN; ${statements.join("; ")}; ROLLBACK`);
    return (result as readonly pg.QueryResult[]).slice(1, -1).map(({ rows }) => rows);
  } catch (error) {
    // Where the session is what failed, there is nothing to roll back.
    await session.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
