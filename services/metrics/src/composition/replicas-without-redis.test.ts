import { queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { startService, type ServiceUnderTest } from "../testing/service.ts";

const BATCH = 200;

let one: ServiceUnderTest;
let other: ServiceUnderTest;
beforeAll(async () => {
  const settings = {
    METRICS_INGEST_MAX_BATCH: String(BATCH),
    METRICS_INGEST_BURST: String(BATCH),
    // A second batch is there again after minutes.
    METRICS_INGEST_EVENTS_PER_SECOND: "1",
    METRICS_WEBHOOKS_MAX_PER_TENANT: "5",
  };
  one = await startService(inject("postgresUrl"), settings);
  const shared = { url: one.databaseUrl, platformKey: one.platformKey };
  other = await startService(inject("postgresUrl"), settings, shared);
});
afterAll(async () => {
  await other?.close();
  await one?.close();
});

let sent = 0;
async function send(at: ServiceUnderTest, key: string, events: number) {
  const items = Array.from({ length: events }, () => ({
    kind: "activity",
    id: `e-${(sent += 1)}`,
    user_id: "alice",
    type: "login",
  }));
  const { status, headers, body } = await at.send(key, "POST", "/v1/batches", { items });
  return {
    status,
    retryAfter: Number(headers.get("retry-after")),
    ...(body as { accepted?: number; code?: string }),
  };
}

const storedOf = async (tenant: string) =>
  (
    await queryDatabase<{ n: number }>(
      one.databaseUrl,
      "SELECT count(*)::int AS n FROM metrics.activity_events WHERE tenant_id = $1",
      [tenant],
    )
  )[0]?.n;

it("take exactly the events of a day between them, at once and in batches that do not fit evenly [SVC-1]", async () => {
  const { sender } = await one.tenant("daily");
  await one.send(one.platformKey, "PATCH", "/v1/platform/tenants/daily", { events_per_day: 100 });
  const responses = await Promise.all(
    Array.from({ length: 40 }, (_, at) => send(at % 2 === 0 ? one : other, sender, 7)),
  );
  const taken = responses.reduce((sum, { accepted = 0 }) => sum + accepted, 0);
  const refused = responses.filter(({ status }) => status !== 200);
  expect(new Set(refused.map(({ status, code }) => `${status} ${code}`))).toEqual(
    new Set(["429 quota_exceeded"]),
  );
  expect(refused.every(({ retryAfter }) => retryAfter > 0 && retryAfter <= 86_400)).toBe(true);
  expect([taken, await storedOf("daily")]).toEqual([98, 98]);
  // The two that are left, at either.
  expect([await send(other, sender, 1), await send(one, sender, 1)].map(({ accepted }) => accepted)).toEqual([
    1, 1,
  ]);
  expect([await send(other, sender, 1), await send(one, sender, 1)].map(({ code }) => code)).toEqual([
    "quota_exceeded",
    "quota_exceeded",
  ]);
  expect(await storedOf("daily")).toBe(100);
});

it("hold a tenant to its rate each by itself [SVC-1]", async () => {
  const { sender } = await one.tenant("bursting");
  for (const [at, replica] of [one, other].entries()) {
    let refused = await send(replica, sender, BATCH);
    let batches = 0;
    while (refused.status === 200) {
      batches += 1;
      refused = await send(replica, sender, BATCH);
    }
    expect([at, batches, refused.code]).toEqual([at, 1, "rate_limited"]);
  }
  expect(await storedOf("bursting")).toBe(2 * BATCH);
});

it("let a tenant have no more webhooks than it may, made at both at once [SVC-1]", async () => {
  const { admin } = await one.tenant("hooked");
  const made = await Promise.all(
    Array.from({ length: 16 }, (_, at) =>
      (at % 2 === 0 ? one : other).send(admin, "POST", "/v1/webhooks", {
        url: "https://example.com/",
        events: [],
      }),
    ),
  );
  expect(made.filter(({ status }) => status === 201)).toHaveLength(5);
});

it("refuse a withdrawn key and a suspended tenant at the one that was not asked within seconds [SVC-1]", async () => {
  const { admin, viewer } = await one.tenant("leaving");
  const { body } = await one.send(admin, "GET", "/v1/api-keys");
  const key = (body as { api_keys: { id: string; name: string }[] }).api_keys.find(
    ({ name }) => name === "viewer",
  );
  expect((await other.send(viewer, "GET", "/v1/tenant")).status).toBe(200);
  expect((await one.send(admin, "DELETE", `/v1/api-keys/${key?.id}`)).status).toBe(204);
  await vi.waitFor(async () => expect((await other.send(viewer, "GET", "/v1/tenant")).status).toBe(401));
  expect((await other.send(admin, "GET", "/v1/tenant")).status).toBe(200);
  await one.send(one.platformKey, "PATCH", "/v1/platform/tenants/leaving", { suspended: true });
  await vi.waitFor(async () => expect((await other.send(admin, "GET", "/v1/tenant")).status).not.toBe(200));
});
