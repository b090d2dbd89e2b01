import { queryDatabase, requireServer, startRedis, type Redis } from "@sark/testkit";
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
    expect(await ingest(other, globex, 50)).toBe(429);
    // For a second no batch is read, at either: a replica that hears late of the refusal reads none for longer than that.
    await vi.waitFor(async () => expect(await ingest(other, globex, 20)).toBe(200), { timeout: 20_000 });
    // Alone it would have as many left; together it takes as many seconds until there are.
    expect(await ingest(one, globex, 20)).toBe(429);
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
    const hooli = await one.tenant("hooli");
    const users = async (at: ServiceUnderTest) => {
      const { body } = await at.send(hooli.viewer, "GET", "/v1/kpis/active-users");
      return body as { as_of: string; windows: { window: string; users: number }[] };
    };
    const hits = async (at: ServiceUnderTest) => {
      const { body } = await at.send(one.platformKey, "GET", "/metrics");
      return Number(/metrics_cache_hits_total\{level="shared"\} (\d+)/.exec(String(body))?.[1] ?? 0);
    };
    const read = await users(one);
    const before = await hits(other);
    // The same reading, taken over.
    expect(await users(other)).toEqual(read);
    expect(await hits(other)).toBe(before + 1);
    expect(await ingest(other, hooli, 1)).toBe(200);
    await vi.waitFor(async () => {
      for (const at of [one, other]) {
        expect((await users(at)).windows).toContainEqual({ window: "1h", users: 1 });
      }
    });
    expect((await one.send(one.platformKey, "GET", "/metrics")).body).toContain("metrics_shared_state_up 1");
  });

  it("give one response to the same key at both at once, and count its events once", async () => {
    const keyed = await one.tenant("keyed");
    const items = [{ kind: "activity", id: "same", user_id: "alice", type: "login" }];
    const post = (at: ServiceUnderTest) =>
      fetch(`${at.url}/v1/batches`, {
        method: "POST",
        headers: {
          "x-api-key": keyed.sender,
          "content-type": "application/json",
          "idempotency-key": "at-once",
        },
        body: JSON.stringify({ items }),
      });
    const responses = await Promise.all([one, other, one, other, one, other].map(post));
    const bodies = await Promise.all(responses.map((response) => response.json()));
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 200));
    expect(bodies).toEqual(
      Array.from({ length: 6 }, () => expect.objectContaining({ accepted: 1, duplicates: 0 }) as unknown),
    );
    expect(
      await queryDatabase(
        one.databaseUrl,
        "SELECT count(*)::int AS events FROM metrics.activity_events WHERE tenant_id = 'keyed'",
      ),
    ).toEqual([{ events: 1 }]);
  });

  it("take events without Redis when it does not respond in time, and count that", async () => {
    redis.freeze();
    const frozen = await one.tenant("frozen");
    expect(await ingest(one, frozen, 1)).toBe(200);
    redis.thaw();
    const exposed = async () => String((await one.send(one.platformKey, "GET", "/metrics")).body);
    expect(await exposed()).toMatch(/metrics_shared_state_failures_total\{reason="\w+"\} [1-9]/);
    await vi.waitFor(async () => expect(await exposed()).toContain("metrics_shared_state_up 1"));
  });

  it("tell their own live clients and stay ready while Redis is away, say so, and tell those of the other one again when it is back", async () => {
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
