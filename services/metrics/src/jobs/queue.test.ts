import { queryDatabase } from "@sark/testkit";
import { afterEach, expect, inject, it, vi } from "vitest";
import type { JobDefinition } from "../domain/jobs.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import type { JobObserver } from "./observer.ts";
import { startJobQueue, type JobQueue, type JobQueueOptions } from "./queue.ts";

type Ended = Parameters<JobObserver["jobEnded"]>[0];
const WAIT = { timeout: 30_000, interval: 50 };
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) {
    await close();
  }
});

async function databaseUrl(): Promise<string> {
  const opened = await createMetricsDatabase(inject("postgresUrl"));
  closing.push(() => opened.drop());
  return opened.url;
}

async function queueOn(
  connectionString: string,
  definition: Partial<JobDefinition>,
  told: Ended[] = [],
  options: Partial<JobQueueOptions> = {},
): Promise<JobQueue> {
  const queue = await startJobQueue({
    connectionString,
    definitions: [
      { name: "roll_up", schedule: null, tenants: async () => [], run: async () => undefined, ...definition },
    ],
    observer: { jobEnded: (event) => void told.push(event), queueFailed: () => undefined },
    atOnce: 2,
    retries: 1,
    retryDelayMs: 1_000,
    maxRetryDelayMs: 1_000,
    heartbeatSeconds: 10,
    ...options,
  });
  closing.push(() => queue.close(5_000));
  return queue;
}

it("runs each job in one replica, and has one of a tenant wait at most [SVC-1]", async () => {
  const url = await databaseUrl();
  const runs: string[] = [];
  const gate = Promise.withResolvers<void>();
  const run: JobDefinition["run"] = async ({ tenant }) => {
    runs.push(tenant ?? "none");
    await gate.promise;
  };
  const told: Ended[] = [];
  const replicas = [await queueOn(url, { run }, told), await queueOn(url, { run }, told)];
  await replicas[0]?.send("roll_up", ["acme", "globex", "initech"]);
  await vi.waitFor(() => expect(runs.toSorted()).toEqual(["acme", "globex", "initech"]), WAIT);
  // Three are asked for while one runs: one waits.
  for (const replica of [...replicas, ...replicas.slice(0, 1)]) {
    await replica.send("roll_up", ["acme"]);
  }
  gate.resolve();
  await vi.waitFor(() => expect(told).toHaveLength(4), WAIT);
  expect(runs.filter((tenant) => tenant === "acme")).toHaveLength(2);
});

it("tries a job again, makes it a dead letter in the end, and runs that again when it is told to [SVC-2]", async () => {
  const told: Ended[] = [];
  let isBroken = true;
  const run: JobDefinition["run"] = async () => {
    if (isBroken) {
      throw new Error("the disk is full");
    }
  };
  const queue = await queueOn(await databaseUrl(), { run }, told);
  await queue.send("roll_up", ["acme"]);
  await vi.waitFor(async () => expect(await queue.deadLetters.list(null, 10)).toHaveLength(1), WAIT);
  expect(told.map(({ result, attempt, tenant }) => [result, attempt, tenant])).toEqual([
    ["failed", 1, "acme"],
    ["dead", 2, "acme"],
  ]);
  const [letter] = await queue.deadLetters.list(null, 10);
  expect(letter).toMatchObject({ job: "roll_up", tenant: "acme", attempts: 2, error: "the disk is full" });
  expect(await queue.deadLetters.list(letter?.id ?? "", 10)).toEqual([]);
  isBroken = false;
  expect(await queue.deadLetters.retry(letter?.id ?? "")).toBe(true);
  await vi.waitFor(() => expect(told.at(-1)).toMatchObject({ result: "completed", tenant: "acme" }), WAIT);
  expect(await queue.deadLetters.list(null, 10)).toEqual([]);
  expect(await queue.deadLetters.retry(letter?.id ?? "")).toBe(false);
  expect(await queue.deadLetters.discard(letter?.id ?? "")).toBe(false);
});

it("counts jobs that wait, run, and wait to be tried again, and how long the oldest that could run has waited [SVC-2]", async () => {
  const gate = Promise.withResolvers<void>();
  const url = await databaseUrl();
  const run: JobDefinition["run"] = async ({ tenant }) => {
    if (tenant === "broken") {
      throw new Error("not now");
    }
    await gate.promise;
  };
  const queue = await queueOn(url, { run }, [], {
    pollSeconds: 0.5,
    retryDelayMs: 3_600_000,
    maxRetryDelayMs: 3_600_000,
  });
  closing.push(async () => gate.resolve());
  const stateOf = (name: string) => queue.states().find((state) => state.queue === name);
  await queue.send("roll_up", ["broken"]);
  await vi.waitFor(() => expect(stateOf("roll_up")).toMatchObject({ deferred: 1, active: 0 }), WAIT);
  await queue.send("roll_up", ["acme", "globex", "initech", "umbrella"]);
  await vi.waitFor(() => expect(stateOf("roll_up")).toMatchObject({ active: 2, waiting: 2 }), WAIT);
  await queryDatabase(
    url,
    `UPDATE pgboss.job SET created_on = now() - interval '2 hours', start_after = now() - interval '1 hour'
      WHERE name = 'roll_up' AND state = 'created'`,
  );
  // Of dead letters none could run: they wait for an operator.
  await queryDatabase(
    url,
    "INSERT INTO pgboss.job (name, created_on, start_after) VALUES ('dead_letters', now() - interval '9 hours', now() - interval '9 hours')",
  );
  await vi.waitFor(() => {
    expect(stateOf("roll_up")).toMatchObject({ waiting: 2, deferred: 1, active: 2 });
    expect(stateOf("roll_up")?.oldestSeconds).toBeGreaterThanOrEqual(3_600);
    expect(stateOf("roll_up")?.oldestSeconds).toBeLessThan(7_200);
    expect(stateOf("dead_letters")).toMatchObject({ waiting: 1, deferred: 0, active: 0, oldestSeconds: 0 });
  }, WAIT);
});

it("is not seen by the role of the service, and is not in the way of its start", async () => {
  const url = await databaseUrl();
  await queueOn(url, {});
  const [row] = await queryDatabase<{ sees: boolean }>(
    url,
    "SELECT has_schema_privilege('metrics_service', 'pgboss', 'USAGE') OR has_schema_privilege('metrics_platform', 'pgboss', 'USAGE') AS sees",
  );
  expect(row).toEqual({ sees: false });
});

it("begins a prompt job as soon as this process has asked for it, and the next one when that has ended [SVC-1]", async () => {
  const runs: string[] = [];
  const gate = Promise.withResolvers<void>();
  const run: JobDefinition["run"] = async ({ tenant }) => {
    runs.push(tenant ?? "none");
    await gate.promise;
  };
  // By itself it would look for jobs in an hour.
  const queue = await queueOn(await databaseUrl(), { run, isPrompt: true }, [], {
    pollSeconds: 3_600,
    atOnce: 2,
  });
  await queue.send("roll_up", ["acme"]);
  await vi.waitFor(() => expect(runs).toEqual(["acme"]), WAIT);
  await queue.send("roll_up", ["globex"]);
  await vi.waitFor(() => expect(runs).toEqual(["acme", "globex"]), WAIT);
  await queue.send("roll_up", ["initech"]);
  gate.resolve();
  await vi.waitFor(() => expect(runs).toEqual(["acme", "globex", "initech"]), WAIT);
});
