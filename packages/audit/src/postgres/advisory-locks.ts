import type { Queryable } from "./queryable.ts";

/**
 * All advisory locks of the audit database. The numbers are arbitrary, but no two locks have the same. A lock lives and
 * dies with the session that took it, or with its transaction. A pooler between us and the database must therefore keep sessions.
 */
export const ADVISORY_LOCKS = {
  /** Replicas that start together wait for each other while one migrates. */
  migration: 7_305_401,
  /** The replica that signs the transparency log. */
  logBuilder: 7_305_402,
  /** With a hash of the destination's name as its second number: the replica that delivers to it. */
  destination: 7_305_403,
  /** The replica that drops what is expired and looks for orphaned intents. */
  maintenance: 7_305_404,
  /** With a hash of its name as its second number: what a service on the same database does in one transaction at a time. */
  work: 7_305_405,
} as const;

/** A lock of one number, or one of a class, which a name completes. PostgreSQL keeps the two kinds apart. */
export type AdvisoryLock =
  | Exclude<keyof typeof ADVISORY_LOCKS, "destination" | "work">
  | { readonly destination: string };

/** Waits until no other session holds the lock, then holds it until the session ends. */
export async function waitForLock(session: Queryable, lock: AdvisoryLock): Promise<void> {
  const { numbers, values } = address(lock);
  await session.query(`SELECT pg_advisory_lock(${numbers})`, values);
}

/** Takes the lock unless another session holds it. */
export async function tryLock(session: Queryable, lock: AdvisoryLock): Promise<boolean> {
  const { numbers, values } = address(lock);
  const { rows } = await session.query<{ held: boolean }>(
    `SELECT pg_try_advisory_lock(${numbers}) AS held`,
    values,
  );
  return rows[0]?.held === true;
}

/** Gives back a lock that this session took once. */
export async function unlock(session: Queryable, lock: AdvisoryLock): Promise<void> {
  const { numbers, values } = address(lock);
  await session.query(`SELECT pg_advisory_unlock(${numbers})`, values);
}

/**
 * SQL that is true when no other session holds the destination's lock. It takes the lock itself until the transaction
 * ends. `name` is the SQL of the destination's name, such as `$1`.
 */
export function isDestinationFree(name: string): string {
  return `pg_try_advisory_xact_lock(${ADVISORY_LOCKS.destination}, hashtext(${name}))`;
}

/** Waits until no other transaction does the work of this name, then keeps others from it until this one ends. */
export async function waitForWork(transaction: Queryable, name: string): Promise<void> {
  await transaction.query(`SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.work}, hashtext($1))`, [name]);
}

function address(lock: AdvisoryLock): { readonly numbers: string; readonly values: unknown[] } {
  return typeof lock === "string"
    ? { numbers: String(ADVISORY_LOCKS[lock]), values: [] }
    : { numbers: `${ADVISORY_LOCKS.destination}, hashtext($1)`, values: [lock.destination] };
}
