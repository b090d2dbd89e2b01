import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { queryDatabase } from "./query-database.ts";
import { startPostgres, UNFLUSHED, type TemporaryPostgres } from "./start-postgres.ts";
import { createTestDatabase } from "./test-database.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase(inject("postgresUrl"));
});
afterAll(() => database.drop());

const SESSION = "SELECT pg_backend_pid() AS pid";
async function session(url = database.url): Promise<number | undefined> {
  return (await queryDatabase<{ pid: number }>(url, SESSION))[0]?.pid;
}

it("asks one statement after the other in one session, and those at once in others", async () => {
  const first = await session();
  expect(await session()).toBe(first);
  const atOnce = await Promise.all([session(), session(), session()]);
  expect(new Set(atOnce).size).toBe(3);
});

it("leaves no statement what another one did to its session", async () => {
  await queryDatabase(database.url, "SELECT pg_advisory_lock(7), set_config('work_mem', '77kB', false)");
  expect(
    await queryDatabase(
      database.url,
      "SELECT current_setting('work_mem') AS memory, (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS locks",
    ),
  ).toEqual([{ memory: "4MB", locks: 0 }]);
  const before = await session();
  await queryDatabase(database.url, "SET work_mem TO '99kB'");
  expect(await session()).not.toBe(before);
  await expect(queryDatabase(database.url, "SELECT 1 / $1::int", [0])).rejects.toThrow("division by zero");
  expect(await queryDatabase(database.url, "SELECT 7 AS it")).toEqual([{ it: 7 }]);
});

it("is in the way of no copy of a database, and of no server that is stopped, killed and started again", async () => {
  await session();
  const copy = await createTestDatabase(inject("postgresUrl"), { template: database.url });
  expect(await session(copy.url)).toEqual(expect.any(Number));
  await copy.drop();
  await expect(session(copy.url)).rejects.toThrow("does not exist");

  const postgres: TemporaryPostgres = await startPostgres({ settings: UNFLUSHED });
  const before = await session(postgres.url);
  await postgres.kill();
  await expect(session(postgres.url)).rejects.toThrow("ECONNREFUSED");
  await postgres.restart();
  const after = await session(postgres.url);
  expect(after).not.toBe(before);
  await queryDatabase(database.url, "SELECT 1");
  await postgres.stop();
});
