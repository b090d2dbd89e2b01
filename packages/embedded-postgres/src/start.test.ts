import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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

/** Starts the server in a process of its own, which then does this; resolves to the server's id when that has ended. */
async function startedBy(directory: string, then: string): Promise<number> {
  const program = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(import.meta.resolve("./start.ts"))});
    const { pid } = await startEmbeddedPostgres({ directory: ${JSON.stringify(directory)} });
    process.stdout.write(String(pid));
    ${then}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let pid = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (pid += chunk));
  await once(child, "close");
  return Number(pid);
}

it.each([
  ["exits", "process.exit(130);"],
  ["fails", 'setTimeout(() => { throw new Error("a fault"); });'],
])("ends, cleanly, when the process that started it %s without stopping it", async (_what, then) => {
  const pid = await startedBy(directory, then);
  expect(pid).toBeGreaterThan(0);
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), { timeout: 10_000 });
});

it("ends with a process that has taken it over, and that was not stopped", async () => {
  const left = await startedBy(directory, 'process.kill(process.pid, "SIGKILL");');
  expect(await startedBy(directory, "process.exit(130);")).toBe(left);
  await vi.waitFor(() => expect(() => process.kill(left, 0)).toThrow("ESRCH"), { timeout: 10_000 });
});

it("waits for a server that was told to end, and starts it anew", async () => {
  const ending = await startEmbeddedPostgres({ directory });
  const client = new pg.Client({ connectionString: ending.url });
  client.on("error", () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const session = rows[0]!.pid;
  // It cannot end before this session does.
  process.kill(session, "SIGSTOP");
  process.kill(ending.pid, "SIGINT");
  await vi.waitFor(() =>
    expect(readFileSync(join(ending.directory, "postmaster.pid"), "utf8")).toContain("stopping"),
  );
  const waitedFor: (readonly number[])[] = [];
  const started = await startEmbeddedPostgres({
    directory,
    onWaiting(pids) {
      waitedFor.push(pids);
      process.kill(session, "SIGCONT");
    },
  });
  expect(waitedFor[0]).toEqual([ending.pid]);
  expect(started.pid).not.toBe(ending.pid);
  expect(await query(started.url, "SELECT 1")).toEqual([[1]]);
  await started.stop();
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

it.each([
  [
    "while the cluster is made",
    "promises.mkdir = async (path, ...options) => { await mkdir(path, ...options); if (String(path).includes('killed-')) setTimeout(die, 300); };",
  ],
  [
    "before its password is kept",
    "promises.writeFile = async (path, ...options) => String(path).endsWith('sark.password') ? die() : writeFile(path, ...options);",
  ],
])("starts on what a first start left that was killed %s", async (what, patch) => {
  const place = join(folder, `killed-${what.length}`, "data");
  const program = `
    import promises from "node:fs/promises";
    import { syncBuiltinESMExports } from "node:module";
    const { mkdir, writeFile } = promises;
    const die = () => process.kill(process.pid, "SIGKILL");
    ${patch}
    syncBuiltinESMExports();
    const { startEmbeddedPostgres } = await import(${JSON.stringify(import.meta.resolve("./start.ts"))});
    await startEmbeddedPostgres({ directory: ${JSON.stringify(place)} });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "ignore" });
  await once(child, "close");
  expect(child.signalCode).toBe("SIGKILL");
  const server = await startEmbeddedPostgres({ directory: place });
  expect(await query(server.url, "SELECT 1")).toEqual([[1]]);
  await server.stop();
  expect(readdirSync(dirname(place))).toEqual(["data"]);
});
