import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { queryDatabase } from "@sark/testkit";
import type { CurrentKpis } from "../domain/kpis.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { createQuotaNotices } from "./quota-notices.ts";
import { purgeWebhookEvents } from "./purge.ts";
import { createThresholdWatch } from "./thresholds.ts";
import { testPublish, testSeal } from "./testing/parts.ts";
import { createWebhooks } from "./webhooks.ts";

const NEVER = new AbortController().signal;
let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  await opened.database.asPlatform("tenants", (tx) =>
    tx.query("INSERT INTO metrics.tenants (tenant_id, name, events_per_day) VALUES ('acme', 'Acme', 100)"),
  );
});
afterAll(() => opened.drop());

const kpisOf = (users: number, mean: number | null): CurrentKpis => ({
  tenant: "acme",
  asOf: Date.UTC(2026, 10, 28),
  activeUsers: { "1h": users, "24h": users, "7d": users },
  events: 0,
  scores: { count: 0, mean, classes: [] },
});

async function published(): Promise<unknown[]> {
  const rows = await queryDatabase<{ body: string }>(
    opened.url,
    "SELECT body FROM metrics.webhook_events ORDER BY event_id",
  );
  return rows.map(({ body }) => {
    const { type, data } = JSON.parse(body) as { type: string; data: object };
    return [type, data];
  });
}

it("tells once when a KPI crosses its bound, and once when it is back, however many look [SVC-1]", async () => {
  const { database } = opened;
  const webhooks = createWebhooks(database, { maxPerTenant: 5, seal: testSeal });
  const made = await webhooks.create("acme", {
    url: "https://example.com/",
    description: null,
    events: [],
    thresholds: [
      { kpi: "active_users_1h", direction: "below", bound: 10 },
      { kpi: "mean_score_1h", direction: "above", bound: 90 },
    ],
    createdBy: "test",
  });
  let now = kpisOf(20, null);
  const watch = createThresholdWatch(database, { current: async () => now }, testPublish);
  expect(await watch.tenants()).toEqual(["acme"]);
  await watch.run("acme");
  expect(await published()).toEqual([]);
  now = kpisOf(9, null);
  await Promise.all(Array.from({ length: 4 }, () => watch.run("acme")));
  const data = { kpi: "active_users_1h", direction: "below", bound: 10, as_of: "2026-11-28T00:00:00.000Z" };
  const crossed = ["kpi.threshold_crossed", { ...data, value: 9 }];
  expect(await published()).toEqual([crossed]);
  now = kpisOf(10, 90);
  await watch.run("acme");
  expect(await published()).toEqual([crossed, ["kpi.threshold_cleared", { ...data, value: 10 }]]);
  // A disabled webhook is not told, and its thresholds are not looked at.
  now = kpisOf(1, 99);
  await webhooks.change("acme", made?.webhook.id ?? "", { enabled: false });
  await watch.run("acme");
  expect(await published()).toHaveLength(2);
  expect(await watch.tenants()).toEqual([]);
  await webhooks.remove("acme", made?.webhook.id ?? "");
});

it("tells of four fifths of a quota once a day, and keeps what is told as long as it should [SVC-1]", async () => {
  const { database } = opened;
  await queryDatabase(opened.url, "DELETE FROM metrics.webhook_events");
  await createWebhooks(database, { maxPerTenant: 5, seal: testSeal }).create("acme", {
    url: "https://example.com/",
    description: null,
    events: ["quota.near"],
    thresholds: [],
    createdBy: "test",
  });
  const notices = createQuotaNotices(database, { failed: () => undefined }, testPublish);
  const use = (events: number) =>
    database.asPlatform("webhooks", (tx) =>
      tx.query(
        `INSERT INTO metrics.daily_usage (tenant_id, day, events) VALUES ('acme', (now() AT TIME ZONE 'UTC')::date, $1)
         ON CONFLICT (tenant_id, day) DO UPDATE SET events = excluded.events`,
        [events],
      ),
    );
  await use(79);
  expect(await notices.nearTenants()).toEqual([]);
  await use(80);
  expect(await notices.nearTenants()).toEqual(["acme"]);
  await Promise.all([notices.tellNear("acme"), notices.tellNear("acme")]);
  expect(await notices.nearTenants()).toEqual([]);
  expect(await published()).toMatchObject([["quota.near", { events: 80, events_per_day: 100 }]]);
  // What is to be sent is kept, however old it is.
  await purgeWebhookEvents(database, 0, NEVER);
  expect(await published()).toHaveLength(1);
  await queryDatabase(opened.url, "UPDATE metrics.webhook_deliveries SET state = 'dead'");
  await purgeWebhookEvents(database, 3_600_000, NEVER);
  expect(await published()).toHaveLength(1);
  await purgeWebhookEvents(database, 0, NEVER);
  expect(await published()).toHaveLength(0);
});
