import type pg from "pg";
import type { LedgerSession } from "../engine/ports/ledger.ts";
import { createPostgresLedger, type Queryable } from "./postgres-ledger.ts";
import { LEAD, REGISTER } from "./statements.ts";

/** Any number, with a hash of the destination's name beside it; locks of one number alone never meet those of two. */
export const LOCK_CLASS = 7_305_403;

/**
 * Opens a session: one connection that holds the locks of all destinations that this replica leads. What leaders write
 * goes over it: when it ends the locks are gone, and with them every way to move a cursor. `replica`: how this process calls itself; `leaseMs`: a session that says nothing for so long is ended
 * by the database. Rejects when the database cannot be reached.
 */
export async function openLeaderSession(
  pool: pg.Pool,
  replica: string,
  leaseMs: number,
): Promise<LedgerSession> {
  const client = await pool.connect();
  const lost = new AbortController();
  let released = false;

  function drop(error: Error): void {
    lost.abort(error);
    if (released) {
      return;
    }
    released = true;
    client.release(error);
    // `release` says good-bye and waits for a server that may never answer.
    (client as unknown as { connection?: { stream?: { destroy(): void } } }).connection?.stream?.destroy();
  }
  client.on("error", drop);

  let last: Promise<unknown> = Promise.resolve();
  /** One statement after the other, of all destinations. */
  const query: Queryable["query"] = async (config) => {
    const turn = last;
    let done: (() => void) | undefined;
    last = new Promise<void>((resolve) => (done = resolve));
    await turn;
    try {
      lost.signal.throwIfAborted();
      return await client.query(config);
    } catch (error) {
      // An answer that did not come in time, a server that shuts down: what the connection is worth is not known.
      if (!isRefusal(error)) {
        drop(error as Error);
      }
      throw error;
    } finally {
      done?.();
    }
  };

  // A process that stands still, paused or swapped out, must not hold the locks for ever.
  await query({
    name: "audit-delivery-lease",
    text: "SELECT set_config('idle_session_timeout', $1, false)",
    values: [`${leaseMs}ms`],
  });

  return {
    ledger: createPostgresLedger({ query }),
    lost: lost.signal,
    async register({ name, platform, enabled, start }) {
      const seq = start.from === "seq" ? start.seq : null;
      const time = start.from === "time" ? start.time : null;
      await query({
        name: "audit-delivery-register",
        text: REGISTER,
        values: [name, platform, enabled, start.from, seq, time],
      });
    },
    async tryLead(name) {
      const { rows } = await query<{ held: boolean }>({
        name: "audit-delivery-lock",
        text: "SELECT pg_try_advisory_lock($1, hashtext($2)) AS held",
        values: [LOCK_CLASS, name],
      });
      if (rows[0]?.held !== true) {
        return false;
      }
      await query({ name: "audit-delivery-lead", text: LEAD, values: [name, replica] });
      return true;
    },
    // Not back into the pool: the locks end with the connection.
    close: () => drop(new Error("the session was closed")),
  };
}

/** The server looked at the statement and refused it: the session goes on. Classes 08 and 57 end it. */
function isRefusal(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && !/^(08|57)/.test(code);
}
