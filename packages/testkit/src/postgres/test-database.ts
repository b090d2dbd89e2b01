import { randomBytes } from "node:crypto";
import pg from "pg";

declare module "vitest" {
  interface ProvidedContext {
    /** The server of this test run, from `global-setup.ts`. */
    postgresUrl: string;
  }
}

/** A database of its own for one test file, on the server at `url`; `drop` breaks what is still connected. */
export async function createTestDatabase(
  url: string,
): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `t_${randomBytes(6).toString("hex")}`;
  const admin = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await admin(`CREATE DATABASE ${name}`);
  return {
    url: url.replace(/\/[^/]*$/, `/${name}`),
    drop: () => admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}
