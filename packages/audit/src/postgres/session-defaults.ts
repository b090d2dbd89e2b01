import type pg from "pg";

/**
 * Of the settings that a role, a database or a server may have, those by which a value is read or a commit is worth
 * something else than here is meant: with another `datestyle` times cannot be read, and with fewer digits of floats the
 * time of a call is of another day. What makes a commit wait for more than the disk of the server stays.
 */
const STATEMENT = `SELECT
  set_config('datestyle', 'ISO', false), set_config('intervalstyle', 'postgres', false), set_config('timezone', 'UTC', false),
  set_config('extra_float_digits', '1', false), set_config('bytea_output', 'hex', false),
  set_config('standard_conforming_strings', 'on', false), set_config('default_transaction_isolation', 'read committed', false),
  set_config('synchronous_commit', CASE setting WHEN 'off' THEN 'on' ELSE setting END, false)
FROM current_setting('synchronous_commit') AS setting`;

/**
 * How long a process may say nothing, in milliseconds, before the server ends its session, and with it its locks. One that is
 * paused, swapped out or cut off from the network keeps them otherwise, for hours: those of a transaction are what all
 * replicas wait for that record an event.
 */
export interface Lease {
  /** In the middle of a transaction. */
  readonly inTransactionMs: number;
  /** Between two statements that are in none. Default: for ever. */
  readonly idleMs?: number;
}

/** Nothing here does work of its own in the middle of a transaction that would take a second. */
export const LEASE_MS = 15_000;

/** Makes a connection that was just opened mean by its statements what they mean here, whatever the defaults are. */
export async function fixSession(client: pg.ClientBase, lease?: Lease): Promise<void> {
  await client.query(lease === undefined ? STATEMENT : `${STATEMENT}; ${takeLease(lease)}`);
}

/** The statement, of one round trip, by which a session has that lease from then on. */
export function takeLease({ inTransactionMs, idleMs = 0 }: Lease): string {
  return `SET idle_in_transaction_session_timeout = ${inTransactionMs}; SET idle_session_timeout = ${idleMs}`;
}
