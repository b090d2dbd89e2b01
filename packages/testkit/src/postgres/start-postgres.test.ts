import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { expect, it, vi } from "vitest";
import { startPostgres } from "./start-postgres.ts";

async function one(url: string, sql: string, limitMs = 0): Promise<unknown> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: limitMs,
    query_timeout: limitMs,
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
  await expect(one(url, "SELECT 1", 1_000)).rejects.toThrow(/timeout/i);
  postgres.resume();
  expect(await one(url, "SELECT it FROM kept")).toBe(7);
  await postgres.stop();
});

it("does not outlive a test run that was killed, even when the server is stopped", async () => {
  const run = fork(new URL("./testing/abandon.ts", import.meta.url));
  const [pid] = (await once(run, "message")) as [number];
  process.kill(pid, "SIGSTOP");
  run.kill("SIGKILL");
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), { timeout: 20_000 });
});

it("leaves no data behind, whatever account the server runs as", async () => {
  const postgres = await startPostgres();
  const data = String(await one(postgres.url, "SHOW data_directory"));
  expect(existsSync(data)).toBe(true);
  await postgres.stop();
  expect(existsSync(data)).toBe(false);
});

it("copies a template, and keeps a folder that it was given", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "sark-kept-"));
  const first = await startPostgres({ dataDir });
  const template = await first.createDatabase();
  await one(template, "CREATE TABLE kept AS SELECT 7 AS it");
  const copy = await first.createDatabase({ template });
  expect(await one(copy, "SELECT it FROM kept")).toBe(7);
  await first.stop();
  const again = await startPostgres({ dataDir, port: first.port });
  expect(await one(copy, "SELECT it FROM kept")).toBe(7);
  await again.stop();
  rmSync(dataDir, { recursive: true });
});
