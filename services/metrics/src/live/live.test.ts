import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { connectLive } from "../testing/live-client.ts";
import { createHandshakes } from "./handshake.ts";
import { createLive, type Live, type LiveOptions } from "./live.ts";
import type { LiveObserver } from "./ports/observer.ts";
import { createLocalStreams } from "./stream/local-streams.ts";

const opened: { readonly server: Server; readonly live: Live }[] = [];
afterEach(async () => {
  for (const { server, live } of opened.splice(0)) {
    await live.close(0);
    server.close();
  }
});

/** Live updates alone, of one tenant whose KPIs are what `readKpis` says. */
async function serve(options: Partial<LiveOptions>) {
  const observer = {
    opened: vi.fn<LiveObserver["opened"]>(),
    closed: vi.fn<LiveObserver["closed"]>(),
    refused: vi.fn<LiveObserver["refused"]>(),
    updateSent: vi.fn<LiveObserver["updateSent"]>(),
    updatesDropped: vi.fn<LiveObserver["updatesDropped"]>(),
    messageReceived: vi.fn<LiveObserver["messageReceived"]>(),
    messageInvalid: vi.fn<LiveObserver["messageInvalid"]>(),
    resynced: vi.fn<LiveObserver["resynced"]>(),
    kpisFailed: vi.fn<LiveObserver["kpisFailed"]>(),
  };
  const live = createLive({
    streams: createLocalStreams(1_000),
    readKpis: async () => ({ active_users: {}, activity: {}, scores: {} }),
    observer,
    heartbeatMs: 60_000,
    stallMs: 60_000,
    maxConnections: 10,
    maxConnectionsPerTenant: 10,
    coalesceMs: 1,
    leastMs: 1,
    refreshMs: 60_000,
    recheckMs: 60_000,
    maxUnknownMs: 60_000,
    spreadMs: 1_000,
    ...options,
  });
  const handshakes = createHandshakes();
  const server = createServer();
  server.on("upgrade", (request, socket, head) =>
    handshakes.accept({ request, socket, head }, (client) =>
      live.join(client, { tenant: "acme", stillGood: async () => true, bytesRead: () => 0 }),
    ),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  opened.push({ server, live });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    live,
    observer,
    url,
    ingest() {
      const event = {
        kind: "activity" as const,
        key: "k",
        user: "u",
        type: "t",
        occurredAt: 0,
        attributes: null,
      };
      live.ingested({ tenant: "acme", events: [event] });
    },
  };
}

/** Larger than what the operating system holds for a connection, after a few of them. */
const LARGE = "x".repeat(2_000_000);

it("merges updates for a client that reads slowly, counts them, and loses none of what was ingested", async () => {
  let reading = 0;
  const { url, observer, ...service } = await serve({
    readKpis: async () => ({ active_users: { reading: (reading += 1), LARGE }, activity: {}, scores: {} }),
  });
  const client = await connectLive(url);
  client.send({ type: "subscribe", kpis: ["active_users"] });
  await client.message(({ type }) => type === "update");
  client.socket.pause();
  let sent = 0;
  await vi.waitFor(
    () => {
      service.ingest();
      sent += 1;
      expect(reading).toBeGreaterThan(20);
    },
    { interval: 10 },
  );
  client.socket.resume();
  const sum = () =>
    client.received.reduce((so, { ingested }) => so + ((ingested as { activity: number })?.activity ?? 0), 0);
  await vi.waitFor(() => expect(sum()).toBe(sent));
  const updates = client.received.filter(({ type }) => type === "update");
  expect(updates.length).toBeLessThan(reading);
  expect(updates.slice(1).map(({ previous }) => previous)).toEqual(
    updates.slice(0, -1).map((one) => one["seq"]),
  );
  expect(observer.updatesDropped).toHaveBeenCalled();
  expect(client.received.some(({ type }) => type === "resync")).toBe(false);
});

it("cuts off a client that takes nothing of an update for too long", async () => {
  let reading = 0;
  const { url, observer, ...service } = await serve({
    stallMs: 300,
    readKpis: async () => ({ active_users: { reading: (reading += 1), LARGE }, activity: {}, scores: {} }),
  });
  const client = await connectLive(url);
  client.send({ type: "subscribe", kpis: ["active_users"] });
  await client.message(({ type }) => type === "update");
  client.socket.pause();
  await vi.waitFor(() => {
    service.ingest();
    expect(observer.closed).toHaveBeenCalledWith(expect.objectContaining({ reason: "slow_consumer" }));
  });
  expect(service.live.connections).toBe(0);
});

it("cuts off a client of which nothing is heard, and keeps one that responds to pings", async () => {
  const { url, observer } = await serve({ heartbeatMs: 600 });
  const silent = await connectLive(url, { autoPong: false });
  const living = await connectLive(url);
  expect(await silent.closed).toMatchObject({ code: 4408 });
  await vi.waitFor(() =>
    expect(observer.closed).toHaveBeenCalledWith(expect.objectContaining({ reason: "heartbeat" })),
  );
  await living.message(({ type }) => type === "heartbeat");
  expect(living.socket.readyState).toBe(living.socket.OPEN);
});

it("sends what was ingested also where KPIs cannot be read, and KPIs when they can", async () => {
  let isDown = true;
  const { url, observer, ...service } = await serve({
    readKpis: async () => {
      if (isDown) {
        throw new Error("the database is away");
      }
      return { active_users: { "1h": 1 }, activity: {}, scores: {} };
    },
  });
  const client = await connectLive(url);
  client.send({ type: "subscribe", kpis: ["active_users"] });
  await client.message(({ type }) => type === "subscribed");
  service.ingest();
  const update = await client.message(({ type }) => type === "update");
  expect(update).toMatchObject({ ingested: { activity: 1 } });
  expect(update).not.toHaveProperty("kpis");
  expect(observer.kpisFailed).toHaveBeenCalled();
  isDown = false;
  service.ingest();
  expect(await client.message(({ type, kpis }) => type === "update" && kpis !== undefined)).toMatchObject({
    kpis: { active_users: { "1h": 1 } },
  });
});

it("tells a client that took leave from one that is cut off: its connection is lost [MET-12]", async () => {
  const { url, observer } = await serve({});
  const reasons = () => observer.closed.mock.calls.map(([{ reason }]) => reason);
  await (await connectLive(url)).close();
  await vi.waitFor(() => expect(reasons()).toEqual(["client"]));
  (await connectLive(url)).socket.terminate();
  await vi.waitFor(() => expect(reasons()).toEqual(["client", "connection_lost"]));
});

it("reads KPIs once for all connections of a tenant, and not after the last one has left", async () => {
  const readKpis = vi.fn<LiveOptions["readKpis"]>(async () => ({
    active_users: {},
    activity: {},
    scores: {},
  }));
  const { url, ...service } = await serve({ readKpis, leastMs: 50 });
  const clients = await Promise.all(Array.from({ length: 10 }, () => connectLive(url)));
  for (const client of clients) {
    client.send({ type: "subscribe", kpis: ["scores"] });
    await client.message(({ type }) => type === "update");
  }
  readKpis.mockClear();
  service.ingest();
  await Promise.all(
    clients.map((client) =>
      client.message(({ ingested }) => (ingested as { activity: number })?.activity === 1),
    ),
  );
  expect(readKpis.mock.calls.length).toBeLessThan(4);
  await Promise.all(clients.map((client) => client.close()));
  await vi.waitFor(() => expect(service.live.connections).toBe(0));
  readKpis.mockClear();
  service.ingest();
  await service.live.close(0);
  expect(readKpis).not.toHaveBeenCalled();
});
