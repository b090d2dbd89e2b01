import type pg from "pg";
import { createSequence } from "@sark/observability/waiting";
import type { Pool } from "./pool.ts";
import type { Queryable } from "./queryable.ts";
import { sever } from "./sever.ts";

/**
 * One connection for as long as it lasts, whose locks end with it: what is written over it, only the holder of the locks
 * can have written. Its users share it: one statement follows the other.
 */
export interface Session extends Queryable {
  /** Aborted, with the reason, when the connection is lost or closed. */
  readonly lost: AbortSignal;
  close(): void;
}

/**
 * Takes a connection of the pool, which never gets it back.
 *
 * @param leaseMs the database ends a session that says nothing for so long: a process that stands still, paused or
 * swapped out, must not hold locks for ever
 */
export async function openSession(pool: Pool, leaseMs: number): Promise<Session> {
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
    sever(client);
  }
  client.on("error", drop);

  const statements = createSequence();
  function query<R extends pg.QueryResultRow>(
    statement: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>> {
    return statements.run(async () => {
      try {
        lost.signal.throwIfAborted();
        return await client.query<R>(statement as pg.QueryConfig, values);
      } catch (error) {
        // A response that did not come in time, a server that shuts down: what the connection is worth is not known.
        if (!isRefusal(error)) {
          drop(error as Error);
        }
        throw error;
      }
    });
  }

  try {
    await query("SELECT set_config('idle_session_timeout', $1, false)", [`${leaseMs}ms`]);
  } catch (error) {
    // Also where the server refused it: the caller has no session yet that it could close.
    drop(error as Error);
    throw error;
  }
  return { query, lost: lost.signal, close: () => drop(new Error("the session was closed")) };
}

/** The server looked at the statement and refused it: the session goes on. Classes 08 and 57 end it. */
function isRefusal(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && !/^(08|57)/.test(code);
}
