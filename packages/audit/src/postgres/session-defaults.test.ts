import { createTestDatabase, queryDatabase } from "@sark/testkit";
import { expect, inject, it, onTestFinished } from "vitest";
import { createConnection } from "./connection.ts";
import { createPool } from "./pool.ts";

/** What an operator of PostgreSQL may have set for a database or a role, and what holds here all the same. */
const SETTINGS = {
  datestyle: ["German", "ISO, DMY"],
  intervalstyle: ["sql_standard", "postgres"],
  timezone: ["Asia/Kathmandu", "UTC"],
  extra_float_digits: ["-15", "1"],
  bytea_output: ["escape", "hex"],
  standard_conforming_strings: ["off", "on"],
  default_transaction_isolation: ["serializable", "read committed"],
  synchronous_commit: ["off", "on"],
} as const;

async function databaseWith(settings: Readonly<Record<string, string>>): Promise<string> {
  const database = await createTestDatabase(inject("postgresUrl"));
  onTestFinished(() => database.drop());
  const name = new URL(database.url).pathname.slice(1);
  for (const [setting, value] of Object.entries(settings)) {
    await queryDatabase(database.url, `ALTER DATABASE ${name} SET ${setting} = '${value}'`);
  }
  return database.url;
}

async function settingsOf(connectionString: string, names: readonly string[]): Promise<string[][]> {
  const asked = names.map((name) => `current_setting('${name}') AS ${name}`).join(", ");
  const pool = createPool({ connectionString, name: "test", maxConnections: 1 });
  const connection = createConnection({ connectionString, timeoutMs: 600_000 });
  try {
    const results = await Promise.all([
      pool.query<Record<string, string>>(`SELECT ${asked}`),
      connection.use((client) => client.query<Record<string, string>>(`SELECT ${asked}`)),
    ]);
    return results.map(({ rows }) => Object.values(rows[0] ?? {}));
  } finally {
    await pool.end();
    await connection.close();
  }
}

it("reads values and commits as it means to, whatever a database has as defaults [AUD-1] [GTW-4]", async () => {
  const names = Object.keys(SETTINGS);
  const url = await databaseWith(
    Object.fromEntries(Object.entries(SETTINGS).map(([name, [set]]) => [name, set])),
  );
  const wanted = Object.values(SETTINGS).map(([, held]) => held);
  expect(await settingsOf(url, names)).toEqual([wanted, wanted]);
  // An address may ask for the same.
  const asking = `${url}?options=${encodeURIComponent("-c synchronous_commit=off -c extra_float_digits=-15")}`;
  expect(await settingsOf(asking, names)).toEqual([wanted, wanted]);
});

it("waits with a commit for what an operator has it wait for beyond the server's disk [AUD-1]", async () => {
  const url = await databaseWith({ synchronous_commit: "remote_apply" });
  expect(await settingsOf(url, ["synchronous_commit"])).toEqual([["remote_apply"], ["remote_apply"]]);
});
