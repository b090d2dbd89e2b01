import pg from "pg";
import { expect, it } from "vitest";
import { startPostgres } from "./start-postgres.ts";

async function one(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.query({ text: sql, rowMode: "array" })).rows[0]?.[0];
  } finally {
    client.end().catch(() => undefined);
  }
}

it("crashes, hangs and comes back on the same address", async () => {
  const postgres = await startPostgres();
  const url = await postgres.createDatabase();
  await one(url, "CREATE TABLE kept AS SELECT 7 AS it");
  await postgres.kill();
  await expect(one(url, "SELECT 1")).rejects.toThrow();
  await postgres.restart();
  expect(await one(url, "SELECT it FROM kept")).toBe(7);
  postgres.pause();
  await expect(one(url, "SELECT 1")).rejects.toThrow(/timeout/i);
  postgres.resume();
  expect(await one(url, "SELECT it FROM kept")).toBe(7);
  await postgres.stop();
});
