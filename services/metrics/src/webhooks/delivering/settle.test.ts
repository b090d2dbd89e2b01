import { queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, beforeEach, expect, inject, it } from "vitest";
import { createMetricsDatabase } from "../../testing/database.ts";
import { createDeliveries, type Deliveries } from "../deliveries.ts";
import type { Attempt } from "../sending/attempt.ts";
import { testPublish, testSeal } from "../testing/parts.ts";
import { createWebhooks, type Webhook, type Webhooks } from "../webhooks.ts";
import { claimDelivery, type ClaimedDelivery } from "./claim.ts";
import { settleDelivery } from "./settle.ts";

const SETTINGS = { maxAttempts: 3, retryDelayMs: 1_000, maxRetryDelayMs: 60_000, disableAfterMs: 86_400_000 };
let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
let webhooks: Webhooks;
let deliveries: Deliveries;
let id = "";
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  const { database } = opened;
  webhooks = createWebhooks(database, { maxPerTenant: 100, seal: testSeal });
  deliveries = createDeliveries(database, { publish: testPublish, due: { add: () => undefined } });
  await database.asPlatform("tenants", (tx) =>
    tx.query("INSERT INTO metrics.tenants (tenant_id, name) VALUES ('acme', 'Acme')"),
  );
});
beforeEach(async () => {
  await queryDatabase(opened.url, "DELETE FROM metrics.webhooks");
  id = await made([]);
});
afterAll(() => opened.drop());

async function made(events: Webhook["events"]): Promise<string> {
  const webhook = {
    url: "https://hooks.example.com/x",
    description: null,
    thresholds: [],
    createdBy: "test",
  };
  return (await webhooks.create("acme", { ...webhook, events }))?.webhook.id ?? "";
}
const test = () => deliveries.test("acme", id);
const claim = () =>
  opened.database.asPlatform("webhooks", (tx) =>
    claimDelivery(tx, "acme", id, { leaseMs: 60_000, seal: testSeal }),
  );
async function claimed(): Promise<ClaimedDelivery> {
  const one = await claim();
  if (one === null) {
    throw new Error("nothing is due");
  }
  return one;
}
const settle = (one: ClaimedDelivery, attempt: Partial<Attempt>) =>
  opened.database.asPlatform("webhooks", (tx) =>
    settleDelivery(
      tx,
      "acme",
      one,
      { result: "rejected", status: 500, retryAfterMs: null, ...attempt },
      { settings: SETTINGS, publish: testPublish },
    ),
  );
/** Seconds from the failure to the next attempt, and to the end of the hold. */
async function waits(): Promise<{ readonly next: number; readonly hold: number | null }> {
  const [row] = await queryDatabase<{ next: number; hold: number | null }>(
    opened.url,
    // Both were set by the transaction that settled; `held_until` has its time in common.
    `SELECT extract(epoch FROM d.next_attempt_at - d.last_attempt_at)::float8 AS next,
       extract(epoch FROM w.held_until - d.last_attempt_at)::float8 AS hold
     FROM metrics.webhook_deliveries d JOIN metrics.webhooks w USING (tenant_id, webhook_id)
     WHERE d.attempts > 0 ORDER BY d.event_id LIMIT 1`,
  );
  return row ?? { next: 0, hold: null };
}
const timePasses = (by: string) =>
  queryDatabase(
    opened.url,
    `UPDATE metrics.webhooks SET held_until = held_until - interval '${by}', failing_since = failing_since - interval '${by}';
     UPDATE metrics.webhook_deliveries SET next_attempt_at = next_attempt_at - interval '${by}'`,
  );
const shown = async () => (await webhooks.find("acme", id)) ?? { failures: NaN };

it("waits for as long as the receiver asks, where that is more, and holds the webhook's others for five minutes at most [SVC-1]", async () => {
  await test();
  await test();
  await settle(await claimed(), { status: 503, retryAfterMs: 900_000 });
  const { next, hold } = await waits();
  expect(next).toBeGreaterThanOrEqual(900);
  expect(next).toBeLessThan(960);
  expect(hold).toBeGreaterThanOrEqual(300);
  expect(hold).toBeLessThan(360);
  // The other one, which has not failed, waits for the end of the hold, and then overtakes.
  expect(await claim()).toBeNull();
  await timePasses("6 minutes");
  expect(await claimed()).toMatchObject({ attempt: 1 });
});

it("a delivery that was taken ends the hold, and the failures in a row", async () => {
  await test();
  await settle(await claimed(), { result: "unreachable", status: null, retryAfterMs: 60_000 });
  expect(await shown()).toMatchObject({ failures: 1, failingSince: expect.any(Date) });
  await timePasses("2 minutes");
  await settle(await claimed(), { result: "delivered", status: 200 });
  expect(await shown()).toMatchObject({ failures: 0, failingSince: null });
  expect((await waits()).hold).toBeNull();
});

it("disables a webhook that has failed for long, not before, and tells the tenant's others", async () => {
  const other = await made(["webhook.disabled"]);
  await test();
  await test();
  await settle(await claimed(), {});
  await timePasses("23 hours");
  expect(await settle(await claimed(), {})).toEqual({ isDead: false, disabled: null });
  await timePasses("2 hours");
  expect(await settle(await claimed(), {})).toMatchObject({ disabled: "failing" });
  expect(await shown()).toMatchObject({
    disabledAt: expect.any(Date),
    disabledReason: "failing",
    failures: 3,
  });
  // What waited for it is dead; nothing new is told to it.
  const list = await deliveries.list("acme", id, null, { before: null, limit: 10 });
  expect(list?.map(({ state }) => state)).toEqual(["dead", "dead"]);
  expect(await test()).toBeNull();
  const told = await deliveries.list("acme", other, null, { before: null, limit: 10 });
  expect(told).toMatchObject([{ type: "webhook.disabled", state: "pending" }]);
  const [event] = await queryDatabase<{ body: string }>(
    opened.url,
    `SELECT body FROM metrics.webhook_events WHERE event_id = '${told?.[0]?.id}'`,
  );
  expect(JSON.parse(event?.body ?? "")).toMatchObject({
    type: "webhook.disabled",
    data: { webhook_id: id, host: "hooks.example.com", reason: "failing" },
  });
  // Enabled again, its failures begin anew.
  await webhooks.change("acme", id, { enabled: true });
  expect(await shown()).toMatchObject({ disabledAt: null, failures: 0, failingSince: null });
  expect(await deliveries.redeliverDead("acme", id)).toBe(2);
  expect(await settle(await claimed(), {})).toMatchObject({ disabled: null });
});

it("says nothing of a delivery that another process has taken over meanwhile", async () => {
  await test();
  const slow = await claimed();
  await timePasses("2 minutes");
  const second = await claimed();
  expect(second).toMatchObject({ event: slow.event, attempt: 2 });
  await settle(second, { result: "delivered", status: 204 });
  expect(await settle(slow, { result: "timeout", status: null })).toMatchObject({ isDead: false });
  const [one] = (await deliveries.list("acme", id, null, { before: null, limit: 1 })) ?? [];
  expect(one).toMatchObject({ state: "delivered", lastStatus: 204, attempts: 2 });
});

it("an attempt that was under way when the tenant asked for another one says nothing of that [SVC-1]", async () => {
  await test();
  const first = await claimed();
  await deliveries.redeliver("acme", id, first.event);
  const again = await claimed();
  expect(again).toMatchObject({ event: first.event, attempt: first.attempt });
  await settle(first, { result: "delivered", status: 202 });
  await settle(again, { result: "rejected", status: 500 });
  const [one] = (await deliveries.list("acme", id, null, { before: null, limit: 1 })) ?? [];
  expect(one).toMatchObject({ state: "pending", lastStatus: 500, lastResult: "rejected", attempts: 1 });
});
