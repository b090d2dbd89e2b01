import { createPool } from "@sark/audit/postgres";
import { onTestFinished } from "vitest";

/** Nothing reads or writes the table, or with `SHARE` nothing writes it, until the function that it resolves to is called, or the test is over. */
export async function lockTable(
  databaseUrl: string,
  table: string,
  mode: "ACCESS EXCLUSIVE" | "SHARE" = "ACCESS EXCLUSIVE",
): Promise<() => Promise<void>> {
  const pool = createPool({ connectionString: databaseUrl, name: "lock", maxConnections: 1 });
  // A pool closes a connection that it has back and that is idle, and its lock ends with it.
  const client = await pool.connect();
  onTestFinished(async () => {
    client.release(true);
    await pool.end();
  });
  await client.query(`BEGIN; LOCK TABLE ${table} IN ${mode} MODE`);
  return async () => void (await client.query("COMMIT"));
}
