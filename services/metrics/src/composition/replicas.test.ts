import { requireServer, startRedis, type Redis } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { connectLive, type LiveClientUnderTest } from "../testing/live-client.ts";
import { startService, type ServiceUnderTest } from "../testing/service.ts";

type Keys = Awaited<ReturnType<ServiceUnderTest["tenant"]>>;

const installed = requireServer("redis-server") !== null;
let redis: Redis;
let one: ServiceUnderTest;
let other: ServiceUnderTest;
let acme: Keys;
beforeAll(async () => {
  if (!installed) {
    return;
  }
  redis = await startRedis();
  const settings = {
    REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    // No healthy Redis runs into it, however busy the machine.
    METRICS_REDIS_TIMEOUT: "5s",
    METRICS_INGEST_MAX_BATCH: "50",
    METRICS_INGEST_BURST: "50",
    METRICS_INGEST_EVENTS_PER_SECOND: "1",
  };
  const postgres = inject("postgresUrl");
  one = await startService(postgres, settings);
  other = await startService(postgres, settings, { url: one.databaseUrl, platformKey: one.platformKey });
  acme = await one.tenant("acme corp");
});
afterAll(async () => {
  await other?.close();
  await one?.close();
  await redis?.close();
});

let count = 0;
async function ingest(at: ServiceUnderTest, keys: Keys, events: number): Promise<number> {
  const items = Array.from({ length: events }, () => ({
    kind: "activity",
    id: `r-${(count += 1)}`,
    user_id: `user ${count}`,
    type: "login",
  }));
  return (await at.send(keys.sender, "POST", "/v1/batches", { items })).status;
}

async function subscribe(at: ServiceUnderTest, resume?: object): Promise<LiveClientUnderTest> {
  const client = await connectLive(at.url, { headers: { "x-api-key": acme.viewer } });
  client.send({ type: "subscribe", kpis: ["activity"], ...(resume === undefined ? {} : { resume }) });
  await client.message(({ type }) => type === "update");
  return client;
}

/** Since the last resync: what a client has counted. */
function counted({ received }: LiveClientUnderTest): number {
  const from = received.findLastIndex(({ type }) => type === "resync");
  return received
    .slice(from + 1)
    .reduce((sum, { ingested }) => sum + ((ingested as { activity: number })?.activity ?? 0), 0);
}

describe.skipIf(!installed)("two replicas on one Redis [SVC-1]", () => {
  it("number the events of both alike, so that a client resumes at the other one without a gap", async () => {
    const [here, there] = [await subscribe(one), await subscribe(other)];
    expect(await ingest(one, acme, 2)).toBe(200);
    expect(await ingest(other, acme, 3)).toBe(200);
    await vi.waitFor(() => expect([counted(here), counted(there)]).toEqual([5, 5]));
    const last = (client: LiveClientUnderTest) => client.received.at(-1)?.["seq"];
    await vi.waitFor(() => expect(last(here)).toBe(last(there)));
    const { epoch } = await here.message(({ type }) => type === "subscribed");
    const seq = last(here);
    await here.close();
    expect(await ingest(one, acme, 4)).toBe(200);
    await vi.waitFor(() => expect(counted(there)).toBe(9));
    const resumed = await subscribe(other, { epoch, seq });
    expect(await resumed.message(({ type }) => type === "update")).toMatchObject({
      previous: seq,
      ingested: { activity: 4 },
      kpis: { activity: { last_hour: 9 } },
    });
    expect(resumed.received.some(({ type }) => type === "resync")).toBe(false);
    await Promise.all([there.close(), resumed.close()]);
  });

  it("count the events of a tenant together toward its limit", async () => {
    const globex = await one.tenant("globex");
    expect(await ingest(one, globex, 30)).toBe(200);
    expect(await ingest(other, globex, 30)).toBe(429);
    expect(await ingest(other, globex, 20)).toBe(200);
    expect(await ingest(one, globex, 10)).toBe(429);
  });

  it("end the connections of a key that is withdrawn at the other one", async () => {
    const { body } = await one.send(acme.admin, "POST", "/v1/api-keys", {
      name: "x",
      principal: "x",
      roles: ["viewer"],
    });
    const { key, api_key: record } = body as { key: string; api_key: { id: string } };
    const client = await connectLive(other.url, { headers: { "x-api-key": key } });
    await one.send(acme.admin, "DELETE", `/v1/api-keys/${record.id}`);
    expect(await client.closed).toMatchObject({ code: 4401 });
  });

  it("read KPIs once for both, and again after an event of either", async () => {
    const { body } = await one.send(one.platformKey, "GET", "/metrics");
    const { body: second } = await other.send(one.platformKey, "GET", "/metrics");
    expect(`${String(body)}${String(second)}`).toMatch(/metrics_cache_hits_total\{level="shared"\} [1-9]/);
    expect(body).toContain("metrics_shared_state_up 1");
  });

  it("go on alone while Redis is away, say so, and are together again when it is back", async () => {
    const [here, there] = [await subscribe(one), await subscribe(other)];
    const health = async () =>
      JSON.stringify((await one.send(one.platformKey, "GET", "/health/detailed")).body);
    await redis.kill();
    const before = here.received.length;
    expect(await ingest(one, acme, 1)).toBe(200);
    await here.message((message) => here.received.indexOf(message) >= before && message.type === "resync");
    expect(await ingest(one, acme, 1)).toBe(200);
    await vi.waitFor(() => expect(counted(here)).toBe(1));
    await vi.waitFor(async () => expect(await health()).toContain("live updates are those of each replica"));
    await vi.waitFor(async () => expect((await one.send(null, "GET", "/readyz")).status).toBe(200));
    await redis.restart();
    await vi.waitFor(async () =>
      expect((await one.send(one.platformKey, "GET", "/metrics")).body).toContain(
        "metrics_shared_state_up 1",
      ),
    );
    // What was committed meanwhile is told to the other one, too.
    await vi.waitFor(() =>
      expect(there.received.filter(({ type }) => type === "resync")).not.toHaveLength(0),
    );
    expect(await ingest(other, acme, 2)).toBe(200);
    await vi.waitFor(() => expect(counted(here)).toBeGreaterThanOrEqual(2));
    await vi.waitFor(() => expect(counted(there)).toBeGreaterThanOrEqual(2));
    await Promise.all([here.close(), there.close()]);
  });
});
