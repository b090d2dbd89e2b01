import { queryDatabase } from "@sark/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { startService, type ServiceUnderTest } from "../testing/service.ts";
import { startWebhookReceiver, verifyMessage, type WebhookReceiver } from "../webhooks/testing/receiver.ts";

const WAIT = { timeout: 60_000, interval: 50 };
const NONE = "018f3c7e-0000-7000-8000-000000000000";
let service: ServiceUnderTest;
let acme: Awaited<ReturnType<ServiceUnderTest["tenant"]>>;
let globex: typeof acme;
const receivers: WebhookReceiver[] = [];
beforeAll(async () => {
  const settings = {
    METRICS_WEBHOOKS_INTERVAL: "100ms",
    METRICS_WEBHOOKS_RETRY_DELAY: "100ms",
    METRICS_WEBHOOKS_MAX_ATTEMPTS: "2",
    METRICS_WEBHOOKS_ALLOW_HTTP: "true",
    METRICS_WEBHOOKS_TIMEOUT: "60s",
    METRICS_WEBHOOKS_MAX_PER_TENANT: "4",
  };
  service = await startService(inject("postgresUrl"), settings, undefined, {
    webhooks: { allowedAddresses: ["127.0.0.1"] },
  });
  acme = await service.tenant("acme");
  globex = await service.tenant("globex");
});
afterEach(async () => {
  for (const key of [acme.admin, globex.admin]) {
    const { body } = await service.send(key, "GET", "/v1/webhooks");
    for (const { id } of (body as { webhooks: { id: string }[] }).webhooks) {
      await service.send(key, "DELETE", `/v1/webhooks/${id}`);
    }
  }
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});
afterAll(() => service.close());

interface Made {
  readonly secret: string;
  readonly webhook: { readonly id: string };
}
interface Listed {
  readonly deliveries: readonly { readonly id: string; readonly state: string; readonly attempts: number }[];
}

async function receiver(): Promise<WebhookReceiver> {
  const started = await startWebhookReceiver();
  receivers.push(started);
  return started;
}

async function create(key: string, url: string, more: object = {}): Promise<Made> {
  const { status, body } = await service.send(key, "POST", "/v1/webhooks", { url, ...more });
  expect([status, body]).toEqual([201, expect.anything()]);
  return body as Made;
}

const post = (key: string, path: string, body?: object) => service.send(key, "POST", path, body);
const test = (id: string) => post(acme.admin, `/v1/webhooks/${id}/test`);
const get = async (id: string) => (await service.send(acme.admin, "GET", `/v1/webhooks/${id}`)).body;
async function deliveries(id: string, query = ""): Promise<Listed["deliveries"]> {
  const { body } = await service.send(acme.admin, "GET", `/v1/webhooks/${id}/deliveries${query}`);
  return (body as Listed).deliveries;
}
/** All that came, verified, once it is as many. */
const messages = (from: WebhookReceiver, secret: string, count: number) =>
  vi.waitFor(() => {
    expect(from.received).toHaveLength(count);
    return from.received.map((message) => verifyMessage(secret, message) as Record<string, unknown>);
  }, WAIT);

describe("webhooks [SVC-1]", () => {
  it("send what a receiver verifies by Standard Webhooks, and show what became of it", async () => {
    const target = await receiver();
    const { secret, webhook } = await create(acme.admin, target.url);
    const sent = await test(webhook.id);
    expect(sent).toMatchObject({ status: 202, body: { state: "pending", type: "webhook.test" } });
    const [message] = await messages(target, secret, 1);
    expect(message).toEqual({
      type: "webhook.test",
      timestamp: expect.stringMatching(/Z$/),
      data: { webhook_id: webhook.id },
    });
    expect(target.received[0]?.headers["webhook-id"]).toBe((sent.body as { id: string }).id);
    await vi.waitFor(async () =>
      expect(await deliveries(webhook.id)).toMatchObject([
        { type: "webhook.test", state: "delivered", attempts: 1, last_result: "delivered", last_status: 204 },
      ]),
    );
    expect(() => verifyMessage("whsec_c2VjcmV0", target.received[0] ?? { headers: {}, body: "" })).toThrow();
  });

  it("sign by both secrets while one is replaced, and show neither again", async () => {
    const target = await receiver();
    const { secret, webhook } = await create(acme.admin, target.url);
    const rotated = await post(acme.admin, `/v1/webhooks/${webhook.id}/rotate`, { overlap_seconds: 3_600 });
    const next = (rotated.body as Made).secret;
    expect(next).not.toBe(secret);
    await test(webhook.id);
    await messages(target, secret, 1);
    await messages(target, next, 1);
    await post(acme.admin, `/v1/webhooks/${webhook.id}/rotate`, { overlap_seconds: 0 });
    await test(webhook.id);
    await vi.waitFor(() => expect(target.received).toHaveLength(2), WAIT);
    const [, last] = target.received;
    for (const old of [secret, next]) {
      expect(() => verifyMessage(old, last ?? { headers: {}, body: "" })).toThrow();
    }
    const shown = JSON.stringify([await get(webhook.id), await deliveries(webhook.id), service.lines]);
    for (const one of [secret, next]) {
      expect(shown).not.toContain(one.slice("whsec_".length));
    }
    // Not even a statement of the service's own can read it in a tenant's transaction.
    const [row] = await queryDatabase<{ reads: boolean }>(
      service.databaseUrl,
      "SELECT has_column_privilege('metrics_service', 'metrics.webhooks', 'secret', 'SELECT') AS reads",
    );
    expect(row).toEqual({ reads: false });
  });

  it("try again, are dead after as many attempts as may be, and are sent again when their tenant says so", async () => {
    const target = await receiver();
    target.respondWith(500);
    const { secret, webhook } = await create(acme.admin, target.url);
    await test(webhook.id);
    await vi.waitFor(
      async () =>
        expect(await deliveries(webhook.id, "?state=dead")).toMatchObject([
          { attempts: 2, last_result: "rejected", last_status: 500, next_attempt_at: null },
        ]),
      WAIT,
    );
    expect(await get(webhook.id)).toMatchObject({ enabled: true, failures: 2 });
    const ids = target.received.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(1);
    target.respondWith(200);
    const [dead] = await deliveries(webhook.id);
    expect(
      await post(acme.admin, `/v1/webhooks/${webhook.id}/deliveries/${dead?.id}/redeliver`),
    ).toMatchObject({ status: 202, body: { state: "pending", attempts: 0 } });
    await messages(target, secret, 3);
    await vi.waitFor(async () => expect(await get(webhook.id)).toMatchObject({ failures: 0 }));
    expect(await post(acme.admin, `/v1/webhooks/${webhook.id}/redeliver-dead`)).toMatchObject({
      status: 202,
      body: { deliveries: 0 },
    });
  });

  it("are disabled where the receiver withdraws them, on record, and the tenant's others are told", async () => {
    const withdrawn = await receiver();
    const other = await receiver();
    withdrawn.respondWith(410);
    const { webhook } = await create(acme.admin, withdrawn.url);
    const told = await create(acme.admin, other.url, { events: ["webhook.disabled"] });
    await test(webhook.id);
    const [message] = await messages(other, told.secret, 1);
    const data = { webhook_id: webhook.id, host: new URL(withdrawn.url).host, reason: "withdrawn" };
    expect(message).toMatchObject({ type: "webhook.disabled", data });
    expect(await get(webhook.id)).toMatchObject({ enabled: false, disabled_reason: "withdrawn" });
    expect((await test(webhook.id)).status).toBe(409);
    expect((await post(acme.admin, `/v1/webhooks/${webhook.id}/redeliver-dead`)).status).toBe(409);
    expect(await deliveries(webhook.id)).toMatchObject([{ state: "dead" }]);
    const operations = () =>
      queryDatabase<{ operation: string }>(
        service.databaseUrl,
        `SELECT metadata->>'operation' AS operation FROM gateway_audit_events
         WHERE event_type = 'webhook_change' AND metadata->>'webhook' = '${webhook.id}' ORDER BY seq`,
      );
    await vi.waitFor(async () =>
      expect((await operations()).map(({ operation }) => operation)).toEqual(["test", "disable"]),
    );
    withdrawn.respondWith(200);
    await service.send(acme.admin, "PATCH", `/v1/webhooks/${webhook.id}`, { enabled: true });
    expect(await post(acme.admin, `/v1/webhooks/${webhook.id}/redeliver-dead`)).toMatchObject({
      body: { deliveries: 1 },
    });
    await vi.waitFor(() => expect(withdrawn.received).toHaveLength(2), WAIT);
  });

  it("are told of an erasure that is done, and of a quota that is exceeded, once", async () => {
    const target = await receiver();
    const { secret } = await create(acme.admin, target.url, {
      events: ["erasure.completed", "quota.exceeded"],
    });
    const { body } = await post(acme.admin, "/v1/users/alice/erasure", { reason: "asked for" });
    const [erased] = await messages(target, secret, 1);
    expect(erased).toMatchObject({
      type: "erasure.completed",
      data: { erasure_id: (body as { id: string }).id },
    });
    const change = (quota: number | null) =>
      service.send(service.platformKey, "PATCH", "/v1/platform/tenants/acme", { events_per_day: quota });
    await change(1);
    const items = ["a", "b"].map((id) => ({ kind: "activity", id, user_id: "bob", type: "login" }));
    for (const _time of [1, 2, 3]) {
      expect((await post(acme.sender, "/v1/batches", { items })).status).toBe(429);
    }
    await change(null);
    const [, exceeded] = await messages(target, secret, 2);
    expect(exceeded).toMatchObject({ type: "quota.exceeded", data: { events_per_day: 1, events: 0 } });
  });

  it("of one tenant are not there for another, through any endpoint", async () => {
    const target = await receiver();
    const { webhook } = await create(acme.admin, target.url);
    const { body } = await test(webhook.id);
    const path = `/v1/webhooks/${webhook.id}`;
    const { id } = body as { id: string };
    for (const [method, end, sent] of [
      ["GET", ""],
      ["PATCH", "", { enabled: false }],
      ["POST", "/rotate", {}],
      ["POST", "/test"],
      ["GET", "/deliveries"],
      ["POST", `/deliveries/${id}/redeliver`],
      ["POST", "/redeliver-dead"],
      ["DELETE", ""],
    ] as const) {
      const { status } = await service.send(globex.admin, method, path + end, sent);
      expect([method, end, status]).toEqual([method, end, 404]);
    }
    expect(await get(webhook.id)).toMatchObject({ enabled: true });
    expect((await service.send(globex.admin, "GET", "/v1/webhooks")).body).toMatchObject({ webhooks: [] });
  });

  it("refuse targets and subscriptions that cannot be, and more than may be", async () => {
    for (const refused of [
      { url: "http://169.254.169.254/latest/meta-data" },
      { url: "https://10.0.0.1/" },
      { url: "ftp://127.0.0.1/" },
      { url: "http://127.0.0.1/\0" },
      { url: "http://127.0.0.1/\ud800" },
      { url: "http://127.0.0.1/", events: ["no.such_event"] },
      { url: "http://127.0.0.1/", events: ["quota.near", "quota.near"] },
      { url: "http://127.0.0.1/", thresholds: [{ kpi: "events_1h", direction: "above", bound: 1e300 }] },
      { url: "http://127.0.0.1/", tenant_id: "globex" },
    ]) {
      const { status } = await post(acme.admin, "/v1/webhooks", refused);
      expect([refused, status]).toEqual([refused, 400]);
    }
    for (let made = 0; made < 4; made += 1) {
      await create(acme.admin, "http://127.0.0.1/");
    }
    expect((await post(acme.admin, "/v1/webhooks", { url: "http://127.0.0.1/" })).status).toBe(409);
    expect((await post(acme.admin, `/v1/webhooks/${NONE}/redeliver-dead`)).status).toBe(404);
  });
});
