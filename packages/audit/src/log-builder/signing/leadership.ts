import type pg from "pg";

/** Any number for which the lock is ours alone, within a database. */
const LEADER_LOCK = 7_305_402;

/**
 * Runs `lead` while this process alone holds the log's advisory lock, or `follow` when another does. The lock lives and
 * dies with the connection; a failed `work` closes it.
 */
export async function asLeaderOrFollower(
  pool: pg.Pool,
  lead: (client: pg.ClientBase) => Promise<void>,
  follow: (client: pg.ClientBase) => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  // A connection that breaks while it is idle tells so by an event; the next query tells it again.
  client.on("error", ignore);
  let failed: Error | undefined;
  try {
    const { rows } = await client.query<{ held: boolean }>("SELECT pg_try_advisory_lock($1) AS held", [
      LEADER_LOCK,
    ]);
    if (rows[0]?.held === true) {
      await lead(client);
      await client.query("SELECT pg_advisory_unlock($1)", [LEADER_LOCK]);
    } else {
      await follow(client);
    }
  } catch (error) {
    failed = error as Error;
    throw error;
  } finally {
    client.off("error", ignore);
    client.release(failed);
  }
}

function ignore(): void {}
