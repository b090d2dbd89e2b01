import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, expect, it, vi } from "vitest";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "./start.ts";

// Root's own folders are closed to the server's account: its data would be kept elsewhere.
const folder = mkdtempSync(join(tmpdir(), "sark-pg-"));
chmodSync(folder, 0o755);
const directory = join(folder, "data");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query({ text: sql, rowMode: "array" });
  await client.end();
  return rows;
}

it("keeps its data over a restart, and needs its password", async () => {
  const first = await startEmbeddedPostgres({ directory });
  await query(first.url, "CREATE TABLE kept AS SELECT 42 AS value");
  await expect(query(first.url.replace(/:[^:@]+@/, ":wrong@"), "SELECT 1")).rejects.toThrow(/password/);
  await first.stop();
  const second = await startEmbeddedPostgres({ directory });
  expect(await query(second.url, "SELECT value FROM kept")).toEqual([[42]]);
  await second.stop();
});

it("takes over a server that a killed predecessor left running", async () => {
  const left = await startEmbeddedPostgres({ directory });
  const taken = await startEmbeddedPostgres({ directory });
  expect(taken.pid).toBe(left.pid);
  expect(await query(taken.url, "SELECT 1")).toEqual([[1]]);
  await taken.stop();
  expect(() => process.kill(left.pid, 0)).toThrow("ESRCH");
});

it("recovers from a crash", async () => {
  const crashed = await startEmbeddedPostgres({ directory });
  await query(crashed.url, "CREATE TABLE survived AS SELECT 1 AS it");
  process.kill(crashed.pid, "SIGKILL");
  await crashed.stop();
  const again = await startEmbeddedPostgres({ directory });
  expect(await query(again.url, "SELECT it FROM survived")).toEqual([[1]]);
  await again.stop();
});

it.each(["started", "taken over"])(
  "is started again where it was, when it was %s and is killed",
  async (how) => {
    const directory = join(folder, how.replace(" ", "-"));
    const before = how === "started" ? null : await startEmbeddedPostgres({ directory });
    const kept = await startEmbeddedPostgres({ directory, keepRunning: true });
    await query(kept.url, "CREATE TABLE survived AS SELECT 1 AS it");
    const { pid } = kept;
    expect(before === null || before.pid === pid).toBe(true);
    process.kill(pid, "SIGKILL");
    await vi.waitFor(async () => expect(await query(kept.url, "SELECT it FROM survived")).toEqual([[1]]), {
      timeout: 30_000,
    });
    expect(kept.pid).not.toBe(pid);
    await kept.stop();
    expect(() => process.kill(kept.pid, 0)).toThrow("ESRCH");
  },
);

/** Kills the server while one of its sessions is stopped, so that this one cannot notice. */
async function killBehind(server: EmbeddedPostgres): Promise<number> {
  const client = new pg.Client({ connectionString: server.url });
  client.on("error", () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const { pid } = rows[0]!;
  process.kill(pid, "SIGSTOP");
  process.kill(server.pid, "SIGKILL");
  return pid;
}

it("waits for processes that a killed server left behind, and for no others in its folder", async () => {
  const killed = await startEmbeddedPostgres({ directory });
  const bystander = spawn(process.execPath, ["-e", "setInterval(() => {}, 1_000)"], { cwd: directory });
  const pid = await killBehind(killed);
  await killed.stop();
  const waitedFor: number[][] = [];
  const again = await startEmbeddedPostgres({
    directory,
    onWaiting(pids) {
      waitedFor.push([...pids]);
      process.kill(pid, "SIGCONT");
    },
  });
  expect(waitedFor[0]).toContain(pid);
  expect(await query(again.url, "SELECT 1")).toEqual([[1]]);
  await again.stop();
  bystander.kill("SIGKILL");
});

it("gives up waiting when it is told to", async () => {
  const killed = await startEmbeddedPostgres({ directory });
  const pid = await killBehind(killed);
  await killed.stop();
  const controller = new AbortController();
  const starting = startEmbeddedPostgres({
    directory,
    signal: controller.signal,
    onWaiting: () => controller.abort(),
  });
  await expect(starting).rejects.toThrow(
    /^Processes [\d, ]+ of an earlier PostgreSQL still use .*; end them\.$/,
  );
  process.kill(pid, "SIGKILL");
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"));
});

it("stops while it waits to start its server again", async () => {
  const waiting = Promise.withResolvers<readonly number[]>();
  const kept = await startEmbeddedPostgres({ directory, keepRunning: true, onWaiting: waiting.resolve });
  const pid = await killBehind(kept);
  expect(await waiting.promise).toContain(pid);
  await kept.stop();
  process.kill(pid, "SIGKILL");
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"));
});
