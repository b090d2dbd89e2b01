import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateApiKey } from "@sark/authentication";
import { createTestDatabase, queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";

const PROGRAM = fileURLToPath(new URL("../main.ts", import.meta.url));
const PLATFORM_KEY = generateApiKey();
const WAIT = { timeout: 240_000, interval: 100 };
const HOUR_MS = 3_600_000;
const BATCHES = 120;
const PER_BATCH = 25;

const folder = mkdtempSync(join(tmpdir(), "sark-metrics-crash-"));
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let service: ChildProcess;
let url = "";
let key = "";
beforeAll(async () => {
  database = await createTestDatabase(inject("postgresUrl"));
});
afterAll(async () => {
  service.kill("SIGKILL");
  await vi.waitFor(() => database.drop(), WAIT);
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  service = spawn(process.execPath, [PROGRAM], {
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      METRICS_DATA_DIRECTORY: folder,
      METRICS_HTTP_PORT: "0",
      METRICS_PLATFORM_KEY: PLATFORM_KEY,
      METRICS_ROLLUPS_INTERVAL: "100ms",
      METRICS_JOBS_HEARTBEAT: "10s",
      METRICS_LOGGING_FORMAT: "json",
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let welcome = "";
  service.stderr?.setEncoding("utf8").on("data", (text: string) => (welcome += text));
  await vi.waitFor(() => {
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(welcome);
    expect(found).not.toBeNull();
    url = found?.[0] ?? "";
  }, WAIT);
}

async function crash(): Promise<void> {
  const ended = once(service, "exit");
  service.kill("SIGKILL");
  await ended;
}

async function send(by: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { "x-api-key": by, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.status >= 400) {
    throw new Error(`${path}: ${response.status}`);
  }
  return response.json();
}

/** Ids overlap between batches, times go over many hours, and come in no order. */
function batch(at: number): { id: string; user_id: string; kind: string }[] {
  return Array.from({ length: PER_BATCH }, (_, index) => {
    const number = (at * 17 + index * 7) % 1_500;
    const shared = {
      id: `e-${number}`,
      user_id: `u-${number % 9}`,
      occurred_at: new Date(
        Math.floor(Date.now() / HOUR_MS) * HOUR_MS - ((number * 13) % 60) * HOUR_MS,
      ).toISOString(),
    };
    return number % 3 === 0
      ? { kind: "score", score: number % 101, team: "red", ...shared }
      : { kind: "activity", type: "login", ...shared };
  });
}

it("loses no acknowledged event and counts none twice, erases who is to be erased, and rolls all up, killed again and again [SVC-1]", async () => {
  await start();
  await send(PLATFORM_KEY, "POST", "/v1/platform/tenants", { id: "acme", name: "Acme" });
  const first = { name: "first", principal: "p", roles: ["admin", "sender"] };
  ({ key } = (await send(PLATFORM_KEY, "POST", "/v1/platform/tenants/acme/keys", first)) as { key: string });

  const acknowledged = new Set<string>();
  let accepted = 0;
  let isOver = false;
  async function sender(own: number): Promise<void> {
    for (let at = own; at < BATCHES; at += 4) {
      const items = batch(at);
      await vi.waitFor(async () => {
        const response = (await send(key, "POST", "/v1/batches", { items })) as {
          accepted: number;
          refused: unknown[];
        };
        expect(response.refused).toEqual([]);
        accepted += response.accepted;
      }, WAIT);
      for (const { kind, id } of items) {
        acknowledged.add(`${kind} ${id}`);
      }
    }
  }
  const senders = Promise.all([0, 1, 2, 3].map(sender)).then(() => (isOver = true));

  const count = async (statement: string) =>
    (await queryDatabase<{ n: number }>(database.url, statement))[0]?.n ?? 0;
  const moments: (() => Promise<void>)[] = [
    async () => expect(acknowledged.size).toBeGreaterThan(50),
    async () => expect(await count("SELECT count(*)::int AS n FROM metrics.rollup_marks")).toBeGreaterThan(0),
    async () =>
      expect(await count("SELECT count(*)::int AS n FROM metrics.activity_hours")).toBeGreaterThan(0),
    async () => {
      await send(key, "POST", "/v1/users/u-4/erasure", { reason: "ticket" });
    },
  ];
  for (const moment of moments) {
    await vi.waitFor(moment, WAIT);
    await crash();
    await start();
  }
  await senders;
  expect(isOver).toBe(true);
  // What came after the erasure was asked for may be there again: it is erased once more.
  const { id } = (await vi.waitFor(
    () => send(key, "POST", "/v1/users/u-4/erasure", { reason: "ticket, again" }),
    WAIT,
  )) as { id: string };
  await vi.waitFor(async () => {
    expect(await send(key, "GET", `/v1/erasures/${id}`)).toMatchObject({ status: "completed" });
    expect(await count("SELECT count(*)::int AS n FROM metrics.rollup_marks")).toBe(0);
  }, WAIT);

  const stored = await queryDatabase<{ kind: string; n: number }>(
    database.url,
    `SELECT 'activity' AS kind, count(*)::int AS n FROM metrics.activity_events
     UNION ALL SELECT 'score', count(*)::int FROM metrics.productivity_scores ORDER BY 1`,
  );
  const kept = [...acknowledged].filter((name) => Number(name.split("-").at(-1)) % 9 !== 4);
  expect(stored).toEqual([
    { kind: "activity", n: kept.filter((name) => name.startsWith("activity")).length },
    { kind: "score", n: kept.filter((name) => name.startsWith("score")).length },
  ]);
  // An event is accepted at most once; a response that was lost in a crash took some with it. Erased events may come again.
  const erasable = acknowledged.size - kept.length;
  expect(accepted).toBeLessThanOrEqual(acknowledged.size + erasable);
  for (const [rolled, raw] of [
    [
      "SELECT hour AS at, user_id, events::int AS n FROM metrics.activity_hours ORDER BY 1, 2",
      "SELECT date_trunc('hour', occurred_at, 'UTC') AS at, user_id, count(*)::int AS n FROM metrics.activity_events GROUP BY 1, 2 ORDER BY 1, 2",
    ],
    [
      "SELECT day AS at, user_id, scores::int AS n, total::text AS total FROM metrics.score_days ORDER BY 1, 2",
      "SELECT date_trunc('day', occurred_at, 'UTC') AS at, user_id, count(*)::int AS n, sum(score::numeric)::text AS total FROM metrics.productivity_scores GROUP BY 1, 2 ORDER BY 1, 2",
    ],
  ] as const) {
    expect(await queryDatabase(database.url, rolled)).toEqual(await queryDatabase(database.url, raw));
  }
});

it("gives the same response to the same key after a kill between commit and response, and counts its events once [SVC-1]", async () => {
  await send(PLATFORM_KEY, "POST", "/v1/platform/tenants", { id: "keyed", name: "Keyed" });
  const first = { name: "first", principal: "p", roles: ["sender"] };
  const sender = (await send(PLATFORM_KEY, "POST", "/v1/platform/tenants/keyed/keys", first)) as {
    key: string;
  };
  async function request(number: number): Promise<unknown> {
    const items = Array.from({ length: PER_BATCH }, (_, at) => ({
      kind: "activity",
      id: `k-${number}-${at}`,
      user_id: "alice",
      type: "login",
    }));
    const response = await fetch(`${url}/v1/batches`, {
      method: "POST",
      headers: {
        "x-api-key": sender.key,
        "content-type": "application/json",
        "idempotency-key": `key-${number}`,
      },
      body: JSON.stringify({ items: [...items, { kind: "unknown" }] }),
    });
    expect(response.status).toBe(200);
    return response.json();
  }
  const keysOf = async () =>
    new Set(
      (
        await queryDatabase<{ key: string }>(
          database.url,
          "SELECT key FROM metrics.idempotency_keys WHERE tenant_id = 'keyed'",
        )
      ).map((row) => row.key),
    );
  // What each request gets, as often as it comes: all of its events are new, and one item is refused.
  const expected = {
    accepted: PER_BATCH,
    duplicates: 0,
    refused: [expect.objectContaining({ index: PER_BATCH, code: "invalid" })],
  };
  let sent = 0;
  let cutOff = 0;
  while (cutOff === 0) {
    const numbers = Array.from({ length: 16 }, () => (sent += 1));
    const before = (await keysOf()).size;
    const responses = Promise.allSettled(numbers.map(request));
    await vi.waitFor(async () => expect((await keysOf()).size).toBeGreaterThan(before), {
      ...WAIT,
      interval: 1,
    });
    await crash();
    const lost = (await responses).flatMap(({ status }, at) =>
      status === "rejected" ? [numbers[at] ?? 0] : [],
    );
    const kept = await keysOf();
    cutOff += lost.filter((number) => kept.has(`key-${number}`)).length;
    await start();
    for (const number of numbers) {
      expect(await request(number)).toEqual(expected);
    }
  }
  const stored = await queryDatabase(
    database.url,
    "SELECT count(*)::int AS n FROM metrics.activity_events WHERE tenant_id = 'keyed'",
  );
  expect(stored).toEqual([{ n: sent * PER_BATCH }]);
  expect((await keysOf()).size).toBe(sent);
});
