import { createPool, withClient, type Queryable } from "@sark/audit/postgres";
import { ROLES_OF_DATABASE } from "./roles.ts";

/** Makes a database on a server of our own, unless it is there, and gives its connection string. */
export async function createDatabase(serverUrl: string, name: string): Promise<string> {
  await once(serverUrl, async (client) => {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
    if (rowCount === 0) {
      await client.query(`CREATE DATABASE "${name.replaceAll('"', '""')}"`);
    }
  });
  const url = new URL(serverUrl);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

/** So that the service can log in as its own role. */
export async function setServicePassword(ownerUrl: string, password: string): Promise<void> {
  await once(ownerUrl, async (client) => {
    // No statement of this kind takes parameters.
    const { rows } = await client.query<{ statement: string }>(
      "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text) AS statement",
      [ROLES_OF_DATABASE.service, password],
    );
    await client.query(rows[0]?.statement ?? "");
  });
}

async function once<T>(connectionString: string, work: (client: Queryable) => Promise<T>): Promise<T> {
  const pool = createPool({ connectionString, name: "sark-metrics-start", maxConnections: 1 });
  try {
    return await withClient(pool, work);
  } finally {
    await pool.end();
  }
}
