import { createPool } from "@sark/audit/postgres";
import { onTestFinished } from "vitest";

/** Nothing reads or writes the table until the function that it resolves to is called, or the test is over. */
export async function lockTable(databaseUrl: string, table: string): Promise<() => Promise<void>> {
  const pool = createPool({ connectionString: databaseUrl, name: "lock", maxConnections: 1 });
  // A pool closes a connection that it has back and that is idle, and its lock ends with it.
  const client = await pool.connect();
  onTestFinished(async () => {
    client.release(true);
    await pool.end();
  });
  await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  return async () => void (await client.query("COMMIT"));
}
