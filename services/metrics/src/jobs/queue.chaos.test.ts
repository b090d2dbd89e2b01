import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { queryDatabase, startPostgres, UNFLUSHED, type TemporaryPostgres } from "@sark/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startJobQueue } from "./queue.ts";

const PROGRAM = fileURLToPath(new URL("testing/job-program.ts", import.meta.url));
const WAIT = { timeout: 180_000, interval: 200 };
const JOBS = 30;

let postgres: TemporaryPostgres;
let url: string;
const workers: ChildProcess[] = [];
beforeAll(async () => {
  postgres = await startPostgres({ settings: UNFLUSHED });
  url = await postgres.createDatabase();
  await queryDatabase(url, "CREATE TABLE runs (tenant text, pid int, what text)");
});
afterAll(async () => {
  for (const worker of workers) {
    worker.kill("SIGKILL");
  }
  await postgres.stop();
});

function startWorker(kind: "slow" | "fast"): ChildProcess {
  const worker = spawn(process.execPath, [PROGRAM, url, kind], { stdio: ["ignore", "ignore", "inherit"] });
  workers.push(worker);
  return worker;
}

const runs = (where: string) =>
  queryDatabase<{ tenant: string }>(url, `SELECT tenant FROM runs WHERE ${where}`);

it("runs every job to its end where a process is killed in it, PostgreSQL dies and comes back, and connections are cut [SVC-1]", async () => {
  const slow = startWorker("slow");
  const sender = await startJobQueue({
    connectionString: url,
    definitions: [],
    observer: { jobEnded: () => undefined, queueFailed: () => undefined },
    atOnce: 1,
    retries: 1,
    retryDelayMs: 1_000,
    maxRetryDelayMs: 1_000,
    heartbeatSeconds: 10,
  });
  await vi.waitFor(
    () =>
      sender.send(
        "roll_up",
        Array.from({ length: JOBS }, (_, at) => `t-${at}`),
      ),
    WAIT,
  );
  await vi.waitFor(async () => expect(await runs(`pid = ${slow.pid}`)).toHaveLength(2), WAIT);
  slow.kill("SIGKILL");
  const fast = startWorker("fast");
  await vi.waitFor(
    async () => expect(await runs(`pid = ${fast.pid} AND what = 'ended'`)).not.toEqual([]),
    WAIT,
  );
  await postgres.kill();
  await postgres.restart();
  await vi.waitFor(async () => {
    const before = await runs("what = 'ended'");
    expect(before.length).toBeGreaterThan(4);
  }, WAIT);
  await queryDatabase(
    url,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()",
  );
  await vi.waitFor(async () => {
    const ended = await runs("what = 'ended'");
    expect(new Set(ended.map(({ tenant }) => tenant)).size).toBe(JOBS);
  }, WAIT);
  expect([fast.exitCode, fast.signalCode]).toEqual([null, null]);
  await sender.close(1_000);
});
