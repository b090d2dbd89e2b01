import diagnostics from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, expect, inject, it, onTestFinished, vi } from "vitest";
import { connectLive } from "../testing/live-client.ts";
import { lockTable } from "../testing/lock-table.ts";
import { startService } from "../testing/service.ts";

const HOUR_MS = 3_600_000;
let service: Awaited<ReturnType<typeof startService>>;
let acme: Awaited<ReturnType<(typeof service)["tenant"]>>;
beforeAll(async () => {
  service = await startService(inject("postgresUrl"), {
    METRICS_KPIS_REFRESH_INTERVAL: "1s",
    METRICS_RETENTION_NOTICE: "1s",
    METRICS_DATABASE_TIMEOUT: "10m",
  });
  acme = await service.tenant("acme");
});
afterAll(() => service.close());

const runJob = (name: string, tenant: string) =>
  queryDatabase(
    service.databaseUrl,
    `INSERT INTO pgboss.job (name, data) VALUES ('${name}', '{"tenant":"${tenant}"}')`,
  );

async function ingest(items: readonly object[], key = acme.sender): Promise<number> {
  return (await service.send(key, "POST", "/v1/batches", { items })).status;
}

let count = 0;
const activity = (at = Date.now()) => ({
  kind: "activity",
  id: `w-${(count += 1)}`,
  user_id: "alice",
  type: "login",
  occurred_at: new Date(at).toISOString(),
});
const scores = (at: number, score: number) =>
  Array.from({ length: 5 }, () => ({ ...activity(at), type: undefined, kind: "score", score }));

async function value(name: string): Promise<number> {
  const series = await service.server.telemetry.recorder.series();
  return series.filter((one) => one.name === name).reduce((sum, one) => sum + one.value, 0);
}
const untilCounted = (name: string, act: () => Promise<unknown> = async () => undefined, interval = 50) =>
  vi.waitFor(
    async () => {
      await act();
      expect([name, await value(name)]).not.toEqual([name, 0]);
    },
    { timeout: 60_000, interval },
  );

const lock = (table: string) => lockTable(service.databaseUrl, table);

/** Ends statements that wait for the lock, as a database does that gives up on them. */
const cancel = (text: string) =>
  queryDatabase(
    service.databaseUrl,
    `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%${text}%'`,
  );

it("requests beyond the events of a day are counted [SVC-2]", async () => {
  const small = { id: "small", name: "small", events_per_day: 1 };
  expect((await service.send(service.platformKey, "POST", "/v1/platform/tenants", small)).status).toBe(201);
  const keys = await service.tenant("small");
  expect(await ingest([activity()], keys.sender)).toBe(200);
  expect(await ingest([activity()], keys.sender)).toBe(429);
  expect(await value("metrics_quota_exceeded_total")).toBe(1);
});

it("anomalies of scores are counted [SVC-2]", async () => {
  const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const usual = Array.from({ length: 40 }, (_, at) => scores(hour - (at + 3) * HOUR_MS, 70 + (at % 5)));
  expect(await ingest([...usual.flat(), ...scores(hour - 2 * HOUR_MS, 5)])).toBe(200);
  await runJob("anomaly_detection", "acme");
  await untilCounted("metrics_score_anomalies_total");
});

it("rows that retention deletes are counted [SVC-2]", async () => {
  const brief = { id: "brief", name: "brief", retention_days: 1 };
  expect((await service.send(service.platformKey, "POST", "/v1/platform/tenants", brief)).status).toBe(201);
  const keys = await service.tenant("brief");
  expect(await ingest([activity(Date.now() - 240 * HOUR_MS)], keys.sender)).toBe(200);
  // One run announces what another one deletes.
  await untilCounted("metrics_retention_deleted_rows_total", () => runJob("retention", "brief"), 1_000);
});

it("KPIs that could not be read are counted, for live updates and for the metrics [SVC-2]", async () => {
  const unlock = await lock("metrics.productivity_scores");
  const client = await connectLive(service.url, { headers: { "x-api-key": acme.viewer } });
  client.send({ type: "subscribe", kpis: ["scores"] });
  // PostgreSQL shows the first kilobyte of a statement.
  const cancelled = () => cancel("WITH moment AS");
  await untilCounted("metrics_websocket_kpi_failures_total", cancelled);
  await untilCounted("metrics_kpi_refresh_failures_total", cancelled);
  expect(await value("metrics_websocket_kpi_failures_total")).toBeGreaterThan(0);
  await unlock();
  await client.close();
});

it("updates that a slow client does not get one by one are counted, and that it was cut off [SVC-2]", async () => {
  const accepted: Socket[] = [];
  const note = (message: unknown) => void accepted.push((message as { socket: Socket }).socket);
  diagnostics.subscribe("net.server.socket", note);
  onTestFinished(() => void diagnostics.unsubscribe("net.server.socket", note));
  const subscribe = async () => {
    const client = await connectLive(service.url, { headers: { "x-api-key": acme.viewer } });
    client.send({ type: "subscribe", kpis: ["activity"] });
    await client.message(({ type }) => type === "update");
    return client;
  };
  const slow = await subscribe();
  const prompt = await subscribe();
  const { localPort } = (slow.socket as unknown as { readonly _socket: Socket })._socket;
  const held = accepted.find(({ remotePort }) => remotePort === localPort);
  const updates = () => prompt.received.filter(({ type }) => type === "update").length;
  async function update(): Promise<void> {
    const before = updates();
    expect(await ingest([activity()])).toBe(200);
    await vi.waitFor(() => expect(updates()).toBeGreaterThan(before));
  }
  // The system would hold thousands of updates for a client that reads nothing: here its end takes none.
  held?.cork();
  await update();
  await update();
  await update();
  held?.uncork();
  await untilCounted("metrics_websocket_updates_dropped_total", update);
  held?.cork();
  await update();
  // After `live.stallTimeout`.
  await untilCounted("metrics_websocket_slow_consumers_total", undefined, 500);
  await prompt.close();
});

it("jobs that run and that wait are counted, and for how long they have waited [SVC-2]", async () => {
  // Two of a kind run at once: here, until they get at the table.
  const unlock = await lock("metrics.rollup_marks");
  for (const tenant of ["one", "two", "three", "four", "five"]) {
    await runJob("roll_up", tenant);
  }
  await vi.waitFor(async () => {
    const series = await service.server.telemetry.recorder.series();
    const states = series.flatMap(({ name, labels, value: jobs }) =>
      name === "metrics_background_jobs_queued" && labels["queue"] === "roll_up"
        ? [[labels["state"], jobs]]
        : [],
    );
    // Those of other tenants may wait, too: a schedule asks for them.
    const [waiting] = await queryDatabase<{ count: number }>(
      service.databaseUrl,
      "SELECT count(*)::int FROM pgboss.job WHERE name = 'roll_up' AND state = 'created'",
    );
    expect(waiting?.count).toBeGreaterThanOrEqual(3);
    expect(Object.fromEntries(states)).toMatchObject({ active: 2, waiting: waiting?.count });
  });
  await untilCounted("metrics_background_jobs_oldest_waiting_seconds");
  await unlock();
});

it("errors of the queue of jobs are counted [SVC-2]", async () => {
  const unlock = await lock("pgboss.job");
  await untilCounted("metrics_background_jobs_queue_errors_total", () => cancel("pgboss"));
  expect(await value("metrics_background_jobs_queue_errors_total")).toBeGreaterThan(0);
  await unlock();
});
