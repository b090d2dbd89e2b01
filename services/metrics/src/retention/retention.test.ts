import { afterAll, beforeAll, expect, inject, it, onTestFinished, vi } from "vitest";
import type { IngestEvent } from "../domain/ingest.ts";
import { insertEvents } from "../ingest/insert-events.ts";
import { eventKey } from "../ingest/event-key.ts";
import { rollUp } from "../rollups/roll-up.ts";
import { deleteRollups, settle } from "../rollups/settle.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { createEventHorizons } from "./horizons.ts";
import { purge } from "./purge.ts";
import { createRetention } from "./retention.ts";

const DAY_MS = 86_400_000;
const signal = new AbortController().signal;
let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  await opened.database.asPlatform("tenants", (tx) =>
    tx.query(
      "INSERT INTO metrics.tenants (tenant_id, name, retention_days) VALUES ('acme', 'A', 10), ('globex', 'G', NULL)",
    ),
  );
});
afterAll(() => opened.drop());

const daysAgo = (days: number): IngestEvent => ({
  kind: "activity",
  key: eventKey(`${days}`),
  user: "alice",
  type: "login",
  occurredAt: Date.now() - days * DAY_MS,
  attributes: null,
});
const count = async (tenant: string, question: string) =>
  (await opened.database.asPlatform("rollups", (tx) => tx.query<{ n: number }>(question, [tenant]))).rows[0]
    ?.n;
const raw = (tenant: string) =>
  count(tenant, "SELECT count(*)::int AS n FROM metrics.activity_events WHERE tenant_id = $1");
const rolled = (tenant: string) =>
  count(tenant, "SELECT coalesce(sum(events), 0)::int AS n FROM metrics.activity_days WHERE tenant_id = $1");

it("announces first, deletes after the notice, keeps the counts, and each tenant its own days [SVC-1]", async () => {
  for (const tenant of ["acme", "globex"]) {
    await opened.database.asTenant("ingest", tenant, (tx) =>
      insertEvents(tx, tenant, [1, 5, 20, 30, 60].map(daysAgo)),
    );
  }
  const deleted: unknown[] = [];
  const retention = (noticeMs: number, rollupDays = 100) =>
    createRetention({
      database: opened.database,
      rollups: { settle, deleteRollups },
      settings: { eventDays: 50, rollupDays, noticeMs },
      observer: { deleted: (event) => void deleted.push(event) },
    });
  const horizons = createEventHorizons(opened.database, 1);
  expect(await horizons.of("globex")).toBe(0);
  // Whatever the notice: nothing is deleted in the run that announces.
  await retention(0).run("acme", signal);
  expect(await raw("acme")).toBe(5);
  expect(Date.now() - (await horizons.of("acme"))).toBeGreaterThanOrEqual(10 * DAY_MS);
  expect(Date.now() - (await horizons.of("acme"))).toBeLessThan(10 * DAY_MS + 3_600_001);
  await retention(3_600_000).run("acme", signal);
  expect(await raw("acme")).toBe(5);
  await retention(0).run("acme", signal);
  expect([await raw("acme"), await rolled("acme")]).toEqual([2, 3]);
  expect(deleted).toEqual([{ tenant: "acme", table: "activity", rows: 3 }]);
  await retention(0).run("globex", signal);
  await retention(0).run("globex", signal);
  expect(await raw("globex")).toBe(4);
  await opened.database.asPlatform("rollups", (tx) => rollUp(tx, "globex"));
  expect(await rolled("globex")).toBe(5);
});

it("drops no roll-ups early where the clock of one replica is years ahead [SVC-1]", async () => {
  const { database } = opened;
  await database.asPlatform("tenants", (tx) =>
    tx.query("INSERT INTO metrics.tenants (tenant_id, name, retention_days) VALUES ('ahead', 'T', 10)"),
  );
  await database.asTenant("ingest", "ahead", (tx) => insertEvents(tx, "ahead", [1, 20, 60].map(daysAgo)));
  const retention = createRetention({
    database,
    rollups: { settle, deleteRollups },
    settings: { eventDays: 10, rollupDays: 50, noticeMs: 0 },
    observer: { deleted: () => undefined },
  });
  await retention.run("ahead", signal);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 730 * DAY_MS });
  onTestFinished(() => void vi.useRealTimers());
  await retention.run("ahead", signal);
  // The day that is older than 50 is dropped, the one that is not stays.
  expect([await raw("ahead"), await rolled("ahead")]).toEqual([1, 1]);
});

it("keeps events for as long as the tenant has chosen, where that is less than the platform keeps them [SVC-1]", async () => {
  const { database } = opened;
  const days = async (tenant: string, platform: number | null, own: number | null) => {
    await database.asPlatform("tenants", (tx) =>
      tx.query(
        "INSERT INTO metrics.tenants (tenant_id, name, retention_days, own_retention_days) VALUES ($1, 'T', $2, $3)",
        [tenant, platform, own],
      ),
    );
    await createRetention({
      database,
      rollups: { settle, deleteRollups },
      settings: { eventDays: 50, rollupDays: 100, noticeMs: 0 },
      observer: { deleted: () => undefined },
    }).run(tenant, signal);
    return Math.floor((Date.now() - (await createEventHorizons(database).of(tenant))) / DAY_MS);
  };
  expect(await days("shorter", 30, 20)).toBe(20);
  expect(await days("lowered", 15, 20)).toBe(15);
  expect(await days("default", null, 20)).toBe(20);
  expect(await days("none", null, null)).toBe(50);
});

it("never moves a horizon back, and keeps the roll-ups of hours that have events", async () => {
  const before = await createEventHorizons(opened.database).of("acme");
  await opened.database.asPlatform("tenants", (tx) =>
    tx.query("UPDATE metrics.tenants SET retention_days = 1000 WHERE tenant_id = 'acme'"),
  );
  const retention = createRetention({
    database: opened.database,
    rollups: { settle, deleteRollups },
    settings: { eventDays: 50, rollupDays: 1, noticeMs: 0 },
    observer: { deleted: () => undefined },
  });
  await retention.run("acme", signal);
  expect(await createEventHorizons(opened.database).of("acme")).toBe(before);
  await opened.database.asPlatform("rollups", (tx) => rollUp(tx, "acme"));
  // Roll-ups are kept for a day by the settings, and for as long as there are events in any case.
  expect([await raw("acme"), await rolled("acme")]).toEqual([2, 2]);
});

it("purges records that were kept for long enough, and nothing that is under way", async () => {
  await opened.database.asPlatform("retention", (tx) =>
    tx.query(`
      INSERT INTO metrics.erasures (tenant_id, erasure_id, user_id, requested_by, reason, requested_at, completed_at)
        SELECT 'acme', gen_random_uuid(), CASE WHEN done IS NULL THEN 'bob' END, 'admin', 'r', now() - interval '90 days', done
        FROM unnest(ARRAY[now() - interval '40 days', now() - interval '20 days', NULL]) AS t(done);
      INSERT INTO metrics.daily_usage (tenant_id, day, events)
        SELECT 'acme', (now() AT TIME ZONE 'UTC')::date - ago, 1 FROM unnest(ARRAY[0, 30, 31]) AS t(ago);
      INSERT INTO metrics.idempotency_keys (tenant_id, key, request_sha256, response, created_at)
        SELECT 'acme', ago::text, '', '{}', now() - make_interval(days => ago) FROM unnest(ARRAY[0, 6, 8]) AS t(ago);
    `),
  );
  const purged: unknown[] = [];
  const settings = { recordDays: 30, idempotencyDays: 7 };
  const observer = { purged: (event: object) => void purged.push(event) };
  await purge(opened.database, settings, observer, signal);
  expect(purged).toEqual([
    { table: "erasures", rows: 1 },
    { table: "daily_usage", rows: 1 },
    { table: "idempotency_keys", rows: 1 },
  ]);
  expect(await count("acme", "SELECT count(*)::int AS n FROM metrics.erasures WHERE tenant_id = $1")).toBe(2);
  await purge(opened.database, settings, observer, signal);
  expect(purged).toHaveLength(3);
});
