import { withClient, createPool } from "../postgres/pool.ts";
import { createClient } from "../postgres/client.ts";
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest";
import { createTestDatabase } from "@sark/testkit";
import { fingerprintOf } from "./statement-fingerprint.ts";
import { onSlowStatements, type SlowStatement } from "./slow-statements.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => void (database = await createTestDatabase(inject("postgresUrl"))));
afterAll(() => database.drop());

it.each([
  ["SELECT * FROM t WHERE a = 'hunter2'", "SELECT * FROM t WHERE a = ?"],
  ['select  1,\n 2.5e3 -- hunter2\n, b1 /* hunter2 */ from "My 1"', 'select ?, ? , b1 from "My 1"'],
  ["SELECT 'it''s hunter2', E'\\'hunter2', 'a\\', 'hunter2'", "SELECT ?, ?, ?, ?"],
  ["DO $$ begin hunter2; end $$", "DO ?"],
  ["DO $x$ hunter2 $$ $x$; SELECT $1", "DO ?; SELECT $1"],
  ["INSERT INTO t VALUES ($1, $2, $3), ($4, $5, $6)", "INSERT INTO t VALUES (…)"],
  ["SELECT 1 WHERE a IN (1, 2, 'hunter2') AND b = -3", "SELECT ? WHERE a IN (…) AND b = -?"],
  ["SELECT 'hunter2", "SELECT ?"],
])("a statement is told of without its values: %s [LOG-4]", (statement, shown) => {
  expect(fingerprintOf(statement).statement).toBe(shown);
});

it("statements that differ in values alone have one fingerprint, and time to read grows with their length [LOG-4]", () => {
  const of = (text: string) => fingerprintOf(text).id;
  expect(of("SELECT 1")).toBe(of(" select 'x'".replace("select", "SELECT")));
  expect(of("SELECT a")).not.toBe(of("SELECT b"));
  for (const piece of ["'", "$$", "$a", "/*", '"', "(1,", "--", "e'\\"]) {
    expect(fingerprintOf(piece.repeat(50_000)).statement.length).toBeLessThanOrEqual(501);
  }
});

it("slow statements are told of, with their time and without parameters, over pools and clients [LOG-4]", async () => {
  const heard: SlowStatement[] = [];
  onTestFinished(onSlowStatements(30, (statement) => heard.push(statement)));
  const options = { connectionString: database.url, name: "test" };
  const pool = createPool({ ...options, maxConnections: 1 });
  onTestFinished(() => pool.end());
  await pool.query("SELECT 1");
  await pool.query("SELECT pg_sleep($1), 'hunter2'", [0.04]);
  await expect(pool.query("SELECT pg_sleep($1), 1 / (random() * 0)::int", [0.04])).rejects.toThrow(
    "division by zero",
  );
  await withClient(pool, (client) =>
    client.query({ text: "SELECT pg_sleep($1) AS in_client", values: [0.04] }),
  );
  const client = createClient(options, () => undefined);
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("SELECT pg_sleep($1) AS alone", [0.04]);
  expect(heard.map(({ statement, failed }) => [statement, failed])).toEqual([
    ["SELECT pg_sleep($1), ?", false],
    ["SELECT pg_sleep($1), ? / (random() * ?)::int", true],
    ["SELECT pg_sleep($1) AS in_client", false],
    ["SELECT pg_sleep($1) AS alone", false],
  ]);
  expect(heard.every(({ ms }) => ms >= 30 && ms < 60_000)).toBe(true);
});
