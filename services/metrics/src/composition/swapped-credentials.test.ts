import { queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from "vitest";
import { eventKey } from "../ingest/event-key.ts";
import { connectLive, type LiveClientUnderTest } from "../testing/live-client.ts";
import { startService, type ServiceUnderTest } from "../testing/service.ts";
import { startWebhookReceiver } from "../webhooks/testing/receiver.ts";

type Keys = Awaited<ReturnType<ServiceUnderTest["tenant"]>>;

let service: ServiceUnderTest;
let acme: Keys;
let globex: Keys;
beforeAll(async () => {
  service = await startService(inject("postgresUrl"), {}, undefined, {
    webhooks: { allowHttp: true, allowedAddresses: ["127.0.0.1"] },
  });
  [acme, globex] = [await service.tenant("acme"), await service.tenant("globex")];
  await send(acme, [login("1", "alice"), login("2", "alice"), login("3", "carol")]);
  await send(globex, [login("1", "bob"), login("2", "dora")]);
});
afterAll(() => service.close());

const login = (id: string, user: string) => ({ kind: "activity", id, user_id: user, type: "login" });

async function send(keys: Keys, items: readonly object[]): Promise<void> {
  expect((await service.send(keys.sender, "POST", "/v1/batches", { items })).status).toBe(200);
}

async function batch(key: string, idempotencyKey: string, items: readonly object[]) {
  const response = await fetch(`${service.url}/v1/batches`, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json", "idempotency-key": idempotencyKey },
    body: JSON.stringify({ items }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function subscribed(
  headers: Record<string, string>,
  resume?: object,
  protocols: readonly string[] = [],
): Promise<LiveClientUnderTest> {
  const client = await connectLive(service.url, { headers, protocols });
  onTestFinished(() => client.close());
  client.send({ type: "subscribe", kpis: ["activity"], ...(resume === undefined ? {} : { resume }) });
  await client.message(({ type }) => type === "update");
  return client;
}

describe("what the service has given to one tenant is worth nothing to another one [SVC-1]", () => {
  it("an Idempotency-Key: it is the other one's own, with the same body and with another one", async () => {
    const items = [login("i-1", "alice"), { kind: "unknown" }];
    const first = await batch(acme.sender, "order-1", items);
    expect(first).toMatchObject({ status: 200, body: { accepted: 1, duplicates: 0 } });
    // As if nothing had come: not the response of the first one, no conflict, and no duplicate.
    expect(await batch(globex.sender, "order-1", [login("i-1", "bob")])).toEqual({
      status: 200,
      body: { accepted: 1, duplicates: 0, refused: [] },
    });
    expect((await batch(globex.sender, "order-1", items)).status).toBe(409);
    expect(await batch(acme.sender, "order-1", items)).toEqual(first);
    const stored = await queryDatabase(
      service.databaseUrl,
      "SELECT tenant_id, user_id FROM metrics.activity_events WHERE event_key::text = $1 ORDER BY 1",
      [eventKey("i-1")],
    );
    expect(stored).toEqual([
      { tenant_id: "acme", user_id: "alice" },
      { tenant_id: "globex", user_id: "bob" },
    ]);
  });

  it("a place in live updates: the other one begins anew, with its own KPIs and sums alone", async () => {
    const one = await subscribed({ "x-api-key": acme.viewer });
    const { epoch, seq } = await one.message(({ type }) => type === "subscribed");
    await send(acme, [login("l-1", "carol"), login("l-2", "carol"), login("l-3", "carol")]);
    await send(globex, [login("l-1", "dora")]);
    // With what came before it, where that is told of late.
    await one.message(({ ingested }) => ((ingested as { activity: number } | undefined)?.activity ?? 0) >= 3);
    for (const place of [0, seq, Number(seq) + 1, Number.MAX_SAFE_INTEGER]) {
      const other = await subscribed({ "x-api-key": globex.viewer }, { epoch, seq: place });
      const resync = await other.message(({ type }) => type === "resync");
      expect(resync).toMatchObject({ reason: "stream_restarted" });
      expect(resync["epoch"]).not.toBe(epoch);
      const update = await other.message(({ type }) => type === "update");
      expect(update).toMatchObject({ ingested: { activity: 0, score: 0 } });
    }
    // Of its own epoch a place in the future is none either.
    const own = await subscribed({ "x-api-key": globex.viewer });
    const { epoch: ownEpoch } = await own.message(({ type }) => type === "subscribed");
    const ahead = await subscribed({ "x-api-key": globex.viewer }, { epoch: ownEpoch, seq: 2 ** 40 });
    expect(await ahead.message(({ type }) => type === "resync")).toMatchObject({
      reason: "history_exceeded",
    });
  });

  it("a ticket: with a key of the other one it opens nothing, and without one it shows its own tenant", async () => {
    const { body } = await service.send(acme.viewer, "POST", "/v1/live/tickets");
    const { ticket, protocol } = body as { ticket: string; protocol: string };
    const protocols = [protocol, `ticket.${ticket}`];
    await expect(subscribed({ "x-api-key": globex.viewer }, undefined, protocols)).rejects.toMatchObject({
      status: 401,
    });
    const client = await subscribed({}, undefined, protocols);
    const { kpis } = await client.message(({ type }) => type === "update");
    const { body: shown } = await service.send(acme.viewer, "GET", "/v1/kpis/active-users");
    expect(kpis).toMatchObject({
      activity: { last_hour: (shown as { events_last_hour: number }).events_last_hour },
    });
    await expect(subscribed({}, undefined, protocols)).rejects.toMatchObject({ status: 401 });
  });

  it("a cursor: it is a place in the other one's own list", async () => {
    for (const user of ["a-1", "a-2", "a-3"]) {
      await service.send(acme.admin, "PUT", `/v1/users/${user}`, { name: "Secret" });
    }
    await service.send(globex.admin, "PUT", "/v1/users/a-9", { name: "Own" });
    for (const [list, path] of [
      ["users", "/v1/users?limit=1"],
      ["users", "/v1/kpis/top-users?limit=1&by=events"],
      ["api_keys", "/v1/api-keys?limit=1"],
    ] as const) {
      const { body } = await service.send(acme.admin, "GET", path);
      const { next_cursor: cursor } = body as { next_cursor: string | null };
      expect([path, typeof cursor]).toEqual([path, "string"]);
      const { body: all } = await service.send(globex.admin, "GET", path.replace("limit=1", "limit=1000"));
      const { body: rest } = await service.send(
        globex.admin,
        "GET",
        `${path.replace("limit=1", "limit=1000")}&cursor=${cursor}`,
      );
      const own = (all as Record<string, object[]>)[list]!.map((entry) => JSON.stringify(entry));
      const seen = (rest as Record<string, object[]>)[list]!.map((entry) => JSON.stringify(entry));
      expect([path, seen.filter((entry) => !own.includes(entry))]).toEqual([path, []]);
    }
  });

  it("a delivery: by a webhook of the other one it is not sent again", async () => {
    const [target, foreign] = [await startWebhookReceiver(), await startWebhookReceiver()];
    onTestFinished(() => Promise.all([target.close(), foreign.close()]).then(() => undefined));
    const create = async (keys: Keys, url: string) => {
      const { body } = await service.send(keys.admin, "POST", "/v1/webhooks", { url, events: [] });
      return (body as { webhook: { id: string } }).webhook.id;
    };
    const [webhook, own] = [await create(acme, target.url), await create(globex, foreign.url)];
    const { body } = await service.send(acme.admin, "POST", `/v1/webhooks/${webhook}/test`);
    const { id } = body as { id: string };
    await vi.waitFor(() => expect(target.received).toHaveLength(1));
    for (const through of [own, webhook]) {
      const again = await service.send(
        globex.admin,
        "POST",
        `/v1/webhooks/${through}/deliveries/${id}/redeliver`,
      );
      expect([through === own, again.status]).toEqual([through === own, 404]);
    }
    expect(
      (await service.send(acme.admin, "POST", `/v1/webhooks/${webhook}/deliveries/${id}/redeliver`)).status,
    ).toBe(202);
    await vi.waitFor(() => expect(target.received).toHaveLength(2));
    expect(foreign.received).toEqual([]);
  });

  it("the id of an erasure, a key or a webhook: what exists reads as what never did", async () => {
    const erasure = await service.send(acme.admin, "POST", "/v1/users/carol/erasure", { reason: "ticket" });
    const { body: keys } = await service.send(acme.admin, "GET", "/v1/api-keys");
    const { body: webhooks } = await service.send(acme.admin, "GET", "/v1/webhooks");
    const ids = {
      erasure: (erasure.body as { id: string }).id,
      key: (keys as { api_keys: { id: string }[] }).api_keys[0]!.id,
      webhook: (webhooks as { webhooks: { id: string }[] }).webhooks[0]!.id,
    };
    const never = "00000000-0000-4000-8000-000000000000";
    for (const [method, path, id] of [
      ["GET", "/v1/erasures/ID", ids.erasure],
      ["POST", "/v1/api-keys/ID/rotate", ids.key],
      ["DELETE", "/v1/api-keys/ID", ids.key],
      ["GET", "/v1/webhooks/ID", ids.webhook],
      ["DELETE", "/v1/webhooks/ID", ids.webhook],
      ["POST", "/v1/webhooks/ID/rotate", ids.webhook],
    ] as const) {
      const sent = method === "POST" ? {} : undefined;
      const responses = await Promise.all(
        [id, never].map((one) => service.send(globex.admin, method, path.replace("ID", one), sent)),
      );
      const [taken, unknown] = responses.map(({ status, headers, body }) => {
        const { correlation_id: _, ...shown } = body as Record<string, unknown>;
        return { status, type: headers.get("content-type"), body: JSON.stringify(shown).replace(never, id) };
      });
      expect(taken).toEqual(unknown);
      expect(taken).toMatchObject({ status: 404 });
    }
  });
});
