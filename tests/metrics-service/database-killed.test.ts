import { generateApiKey } from "@sark/authentication";
import { startService } from "@sark/metrics-service/testing";
import { queryDatabase, startPostgres, UNFLUSHED, type TemporaryPostgres } from "@sark/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startCuttingProxy, type CuttingProxy } from "../faults/cutting-proxy.ts";

const PER_BATCH = 25;

let postgres: TemporaryPostgres;
/** Beside the proxy. */
let databaseUrl: string;
let proxy: CuttingProxy;
let service: Awaited<ReturnType<typeof startService>>;
let sender: string;
beforeAll(async () => {
  postgres = await startPostgres({ settings: UNFLUSHED });
  databaseUrl = await postgres.createDatabase();
  proxy = await startCuttingProxy(postgres.port);
  const url = new URL(databaseUrl);
  url.port = String(proxy.port);
  service = await startService(
    postgres.url,
    { METRICS_ROLLUPS_INTERVAL: "100ms" },
    { url: url.href, platformKey: generateApiKey() },
  );
  ({ sender } = await service.tenant("acme"));
});
afterAll(async () => {
  await service?.close();
  await proxy?.close();
  await postgres?.stop();
});

/** With `isKeyed`, by an `Idempotency-Key`, and with one event that is refused. `null` where it was not acknowledged. */
async function sendBatch(name: string, isKeyed: boolean) {
  const items: object[] = Array.from({ length: PER_BATCH }, (_, at) => ({
    kind: "activity",
    id: `${name}-${at}`,
    user_id: name,
    type: "login",
  }));
  const response = await fetch(`${service.url}/v1/batches`, {
    method: "POST",
    headers: {
      "x-api-key": sender,
      "content-type": "application/json",
      ...(isKeyed ? { "idempotency-key": name } : {}),
    },
    body: JSON.stringify({ items: isKeyed ? [...items, { kind: "unknown" }] : items }),
  });
  expect([200, 503]).toContain(response.status);
  const body = (await response.json()) as { accepted: number; duplicates: number; refused: unknown[] };
  return response.status === 200 ? body : null;
}

const count = async (statement: string) =>
  (await queryDatabase<{ n: number }>(databaseUrl, `SELECT coalesce((${statement}), 0)::int AS n`))[0]?.n ??
  -1;
const eventsOf = (name: string) =>
  count(`SELECT count(*) FROM metrics.activity_events WHERE user_id = '${name}'`);

const FAULTS = {
  // As `pg_ctl stop -m immediate` does.
  stopped: async () => {
    process.kill(postgres.pid, "SIGQUIT");
    await postgres.restart();
  },
  // The postmaster ends all others with it, and recovers.
  "backend-killed": async () => {
    const [row] = await queryDatabase<{ pid: number }>(
      databaseUrl,
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() LIMIT 1",
    );
    const backend = row?.pid ?? 0;
    // Lower ones are groups of processes.
    expect(backend).toBeGreaterThan(1);
    process.kill(backend, "SIGKILL");
  },
  killed: async () => {
    await postgres.kill();
    await postgres.restart();
  },
};

it.each(
  Object.entries(FAULTS).flatMap(([fault, fail]) =>
    [true, false].map((isKeyed) => ({ fault, fail, isKeyed })),
  ),
)(
  "counts each event once where PostgreSQL has committed it, did not say so, and is $fault (with a key: $isKeyed) [SVC-1]",
  async ({ fault, fail, isKeyed }) => {
    const names = Array.from({ length: 8 }, (_, at) => `${fault}-${isKeyed}-${at}`);
    const committed = proxy.cutResponseTo("insert-activity", "COMMIT");
    const sent = names.map((name) => sendBatch(name, isKeyed));
    await committed;
    await fail();
    const first = await Promise.all(sent);
    // What is there although it was not acknowledged.
    const unsaid: string[] = [];
    for (const [at, name] of names.entries()) {
      const stored = await vi.waitFor(() => eventsOf(name));
      if (first[at] !== null) {
        expect([name, stored]).toEqual([name, PER_BATCH]);
      } else if (stored > 0) {
        unsaid.push(name);
      }
    }
    expect(unsaid).not.toEqual([]);
    for (const [at, name] of names.entries()) {
      const again = await vi.waitFor(async () => {
        const taken = first[at] ?? (await sendBatch(name, isKeyed));
        expect(taken).not.toBeNull();
        return taken;
      });
      const duplicates = !isKeyed && unsaid.includes(name) ? PER_BATCH : 0;
      expect(again).toMatchObject({
        accepted: PER_BATCH - duplicates,
        duplicates,
        // The response of the first time, with a key.
        refused: isKeyed ? [{ index: PER_BATCH, code: "invalid" }] : [],
      });
      expect([name, await eventsOf(name)]).toEqual([name, PER_BATCH]);
    }
    await vi.waitFor(async () => expect(await count("SELECT count(*) FROM metrics.rollup_marks")).toBe(0));
    expect(await count("SELECT sum(events) FROM metrics.activity_hours")).toBe(
      await count("SELECT count(*) FROM metrics.activity_events"),
    );
  },
);
