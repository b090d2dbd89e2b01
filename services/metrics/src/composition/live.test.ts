import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { WebSocket } from "ws";
import { connectLive, type LiveClientUnderTest } from "../testing/live-client.ts";
import { startService, type ServiceUnderTest } from "../testing/service.ts";

type Keys = Awaited<ReturnType<ServiceUnderTest["tenant"]>>;

let service: ServiceUnderTest;
let acme: Keys;
let globex: Keys;
beforeAll(async () => {
  service = await startService(inject("postgresUrl"), {
    METRICS_LIVE_HISTORY: "3",
    METRICS_LIVE_MAX_CONNECTIONS_PER_TENANT: "6",
  });
  acme = await service.tenant("acme");
  globex = await service.tenant("globex");
});
afterAll(() => service?.close());

const ALL = ["active_users", "activity", "scores"];
const by = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

async function subscribed(
  key: string,
  resume?: { epoch: unknown; seq: unknown },
): Promise<LiveClientUnderTest> {
  const client = await connectLive(service.url, by(key));
  client.send({ type: "subscribe", kpis: ALL, ...(resume === undefined ? {} : { resume }) });
  return client;
}

let count = 0;
/** Sends so many activity events of one user in one request. */
async function ingest(keys: Keys, events: number, user = "alice"): Promise<void> {
  const items = Array.from({ length: events }, () => ({
    kind: "activity",
    id: `live-${(count += 1)}`,
    user_id: user,
    type: "login",
  }));
  expect((await service.send(keys.sender, "POST", "/v1/batches", { items })).status).toBe(200);
}

const sumOf = ({ received }: LiveClientUnderTest) =>
  received.reduce((sum, { ingested }) => sum + ((ingested as { activity: number })?.activity ?? 0), 0);

describe("live updates [SVC-1]", () => {
  it("tells each subscriber of a tenant what was ingested, with the KPIs as they are then", async () => {
    const [one, other] = [await subscribed(acme.viewer), await subscribed(globex.viewer)];
    await one.message(({ type }) => type === "update");
    await ingest(acme, 3, "bob");
    await ingest(acme, 2, "carol");
    await vi.waitFor(() => expect(sumOf(one)).toBe(5));
    const { kpis, seq } = one.received.at(-1) as never as { kpis: object; seq: number };
    expect(kpis).toMatchObject({ active_users: { "1h": 2, "24h": 2, "7d": 2 }, activity: { last_hour: 5 } });
    // Each update begins where the one before has ended.
    const updates = one.received.filter(({ type }) => type === "update");
    expect(updates.slice(1).map(({ previous }) => previous)).toEqual(
      updates.slice(0, -1).map((u) => u["seq"]),
    );
    expect(seq).toBeGreaterThan(0);
    await other.message(({ type }) => type === "update");
    await ingest(globex, 1, "dora");
    await vi.waitFor(() => expect(sumOf(other)).toBe(1));
    expect(JSON.stringify(other.received)).not.toMatch(/"1h":[2-9]/);
    await Promise.all([one.close(), other.close()]);
  });

  it("resumes without a gap, and says so where more was missed than is kept", async () => {
    const first = await subscribed(acme.viewer);
    const { epoch } = await first.message(({ type }) => type === "subscribed");
    const { seq } = await first.message(({ type }) => type === "update");
    const other = await subscribed(acme.viewer);
    await first.close();
    await ingest(acme, 4);
    await vi.waitFor(() => expect(sumOf(other)).toBe(4));
    const again = await subscribed(acme.viewer, { epoch, seq });
    expect(await again.message(({ type }) => type === "update")).toMatchObject({
      previous: seq,
      ingested: { activity: 4, score: 0 },
    });
    expect(again.received.some(({ type }) => type === "resync")).toBe(false);
    // Of three entries that are kept, these are four.
    for (let at = 1; at <= 4; at++) {
      await ingest(acme, 1);
      await vi.waitFor(() => expect(sumOf(other)).toBe(4 + at));
    }
    const late = await subscribed(acme.viewer, { epoch, seq });
    const resync = await late.message(({ type }) => type === "resync");
    expect(resync).toMatchObject({ reason: "history_exceeded", epoch });
    expect(await late.message(({ type }) => type === "update")).toMatchObject({
      previous: resync["seq"],
      ingested: { activity: 0, score: 0 },
    });
    const elsewhere = await subscribed(acme.viewer, { epoch: "another", seq: 1 });
    await elsewhere.message(({ type, reason }) => type === "resync" && reason === "stream_restarted");
    await Promise.all([other, again, late, elsewhere].map((client) => client.close()));
  });
});

describe("a WebSocket handshake", () => {
  const refused = (options: Parameters<typeof connectLive>[1]) =>
    connectLive(service.url, options).then(
      async (client) => {
        await client.close();
        return "accepted";
      },
      (error: unknown) => error,
    );

  it("is refused as any other request: without a credential, without the role, from a foreign page", async () => {
    expect(await refused({})).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
    expect(await refused(by(acme.sender))).toMatchObject({ status: 403, body: { code: "forbidden" } });
    expect(await refused({ ...by(acme.viewer), origin: "https://evil.example" })).toMatchObject({
      status: 403,
      body: { code: "origin_not_allowed" },
    });
    expect(await refused({ ...by(acme.viewer), protocols: ["other"] })).toMatchObject({ status: 400 });
    expect(await refused({ ...by(acme.viewer), protocols: ["other", "sark.metrics.v1"] })).toBe("accepted");
    expect((await service.send(acme.viewer, "GET", "/v1/live")).status).toBe(426);
    expect((await service.send(acme.viewer, "GET", `/v1/live?access_token=${acme.viewer}`)).status).toBe(401);
  });

  it("leaves other upgrades alone", async () => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /livez HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`,
    );
    const [data] = (await once(socket, "data")) as [Buffer];
    expect(data.toString("utf8")).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });

  it("opens once by a ticket, in the way that browsers have", async () => {
    const { body } = await service.send(acme.viewer, "POST", "/v1/live/tickets");
    const { ticket, protocol } = body as { ticket: string; protocol: string };
    const protocols = [protocol, `ticket.${ticket}`];
    expect(await refused({ ...by(acme.viewer), protocols })).toMatchObject({ status: 401 });
    const client = await connectLive(service.url, { protocols });
    // The ticket is not sent back.
    expect(client.socket.protocol).toBe("sark.metrics.v1");
    expect(await refused({ protocols })).toMatchObject({ status: 401 });
    expect(await refused({ protocols: [protocol, "ticket.x"] })).toMatchObject({ status: 401 });
    expect((await service.send(acme.sender, "POST", "/v1/live/tickets")).status).toBe(403);
    client.send({ type: "subscribe", kpis: ["scores"] });
    expect(await client.message(({ type }) => type === "update")).toMatchObject({
      kpis: { scores: { count: expect.any(Number) } },
    });
    await client.close();
    expect(service.lines.join("")).not.toContain(ticket);
  });

  it("is refused when the tenant has as many connections as may be", async () => {
    const clients = await Promise.all(
      Array.from({ length: 6 }, () => connectLive(service.url, by(acme.viewer))),
    );
    expect(await refused(by(acme.viewer))).toMatchObject({
      status: 429,
      body: { code: "too_many_connections" },
    });
    // Of another tenant it is taken.
    expect(await refused(by(globex.viewer))).toBe("accepted");
    await Promise.all(clients.map((client) => client.close()));
  });
});

describe("what a client sends", () => {
  it("is told what is wrong with a message, and may go on", async () => {
    const client = await connectLive(service.url, by(acme.viewer));
    for (const message of [
      "{",
      '{"type":"ping","type":"subscribe"}',
      '{"type":"subscribe","kpis":[]}',
      '{"type":"subscribe","kpis":["salaries"]}',
      '{"type":"subscribe","kpis":["scores"],"tenant":"globex"}',
      '{"type":"subscribe","kpis":["scores"],"resume":{"epoch":"x","seq":1e999}}',
      `${"[".repeat(50)}${"]".repeat(50)}`,
      '"text"',
      "null",
      '{"type":"subscribe","kpis":{"length":{"valueOf":1,"toString":1}}}',
    ]) {
      client.send(message);
    }
    client.send({ type: "ping", id: "p" });
    await client.message(({ type, id }) => type === "pong" && id === "p");
    const codes = client.received.filter(({ type }) => type === "error").map(({ code }) => code);
    expect(codes).toHaveLength(10);
    expect(new Set(codes)).toEqual(new Set(["invalid_json", "invalid_message"]));
    await client.close();
  });

  it.each([
    ["a binary message", 1003, (socket: WebSocket) => socket.send(Buffer.from("x"))],
    ["a message of more than 16 KiB", 1009, (socket: WebSocket) => socket.send("x".repeat(17_000))],
    [
      "text that is no UTF-8",
      1007,
      (socket: WebSocket) => socket.send(Buffer.from([0xc3, 0x28]), { binary: false }),
    ],
    [
      "a compressed message",
      1002,
      (socket: WebSocket) => rawFrame(socket, Buffer.from([0xc1, 0x80, 0, 0, 0, 0])),
    ],
    [
      "a frame that is not masked",
      1002,
      (socket: WebSocket) => rawFrame(socket, Buffer.from([0x81, 0x01, 0x78])),
    ],
    [
      "a continuation of nothing",
      1002,
      (socket: WebSocket) => rawFrame(socket, Buffer.from([0x80, 0x80, 0, 0, 0, 0])),
    ],
    ["a flood of pings", 1008, (socket: WebSocket) => Array.from({ length: 200 }, () => socket.ping())],
    [
      "a flood of messages",
      1008,
      (socket: WebSocket) => Array.from({ length: 200 }, () => socket.send('{"type":"ping"}')),
    ],
  ])("ends the connection: %s (%i)", async (_what, code, act) => {
    const client = await connectLive(service.url, { ...by(globex.viewer), perMessageDeflate: true });
    expect(client.socket.extensions).toBe("");
    act(client.socket);
    expect(await client.closed).toMatchObject({ code });
  });
});

it("ends a flood of pongs that were not asked for, which are no messages, long before a heartbeat", async () => {
  const patient = await startService(inject("postgresUrl"), { METRICS_LIVE_HEARTBEAT: "5m" });
  try {
    const { viewer } = await patient.tenant("acme");
    const client = await connectLive(patient.url, by(viewer));
    // Masked, and empty.
    const pongs = Buffer.concat(Array.from({ length: 1_000 }, () => Buffer.from([0x8a, 0x80, 0, 0, 0, 0])));
    const flood = setInterval(() => rawFrame(client.socket, pongs), 1);
    const { code } = await client.closed;
    clearInterval(flood);
    expect([code, client.received.at(-1)]).toEqual([
      1008,
      { type: "closing", code: "too_many_messages", retry_after_ms: null },
    ]);
  } finally {
    await patient.close();
  }
});

/** Below what the library would send. */
function rawFrame(socket: WebSocket, bytes: Buffer): void {
  (socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(bytes);
}

describe("the end of a credential", () => {
  it("ends the connections of a key that is withdrawn, those by its tickets included", async () => {
    const { body } = await service.send(acme.admin, "POST", "/v1/api-keys", {
      name: "screen",
      principal: "screen",
      roles: ["viewer"],
    });
    const { key, api_key: record } = body as { key: string; api_key: { id: string } };
    const ticket = await service.send(key, "POST", "/v1/live/tickets");
    const direct = await connectLive(service.url, by(key));
    const byTicket = await connectLive(service.url, {
      protocols: ["sark.metrics.v1", `ticket.${(ticket.body as { ticket: string }).ticket}`],
    });
    const other = await connectLive(service.url, by(acme.viewer));
    expect((await service.send(acme.admin, "DELETE", `/v1/api-keys/${record.id}`)).status).toBe(204);
    for (const client of [direct, byTicket]) {
      expect(await client.closed).toEqual({ code: 4401, reason: "credential_ended" });
      expect(client.received).toContainEqual(
        expect.objectContaining({ type: "closing", code: "credential_ended" }),
      );
    }
    expect(other.socket.readyState).toBe(WebSocket.OPEN);
    await other.close();
  });

  it("ends the connections of a key that expires, and of a tenant that is suspended", async () => {
    const initech = await service.tenant("initech");
    const { body } = await service.send(initech.admin, "POST", "/v1/api-keys", {
      name: "short",
      principal: "short",
      roles: ["viewer"],
      expires_at: new Date(Date.now() + 1_500).toISOString(),
    });
    const short = await connectLive(service.url, by((body as { key: string }).key));
    const long = await connectLive(service.url, by(initech.viewer));
    expect(await short.closed).toMatchObject({ code: 4401 });
    expect(long.socket.readyState).toBe(WebSocket.OPEN);
    await service.send(service.platformKey, "PATCH", "/v1/platform/tenants/initech", { suspended: true });
    expect(await long.closed).toMatchObject({ code: 4401 });
  });
});

it("counts connections, messages and updates by the names that dashboards know [SVC-2]", async () => {
  const client = await subscribed(globex.viewer);
  await client.message(({ type }) => type === "update");
  const { body } = await service.send(service.platformKey, "GET", "/metrics");
  expect(body).toContain('metrics_websocket_connections_active{tenant_id="globex"} 1');
  expect(body).toMatch(/metrics_websocket_update_latency_seconds_count [1-9]/);
  expect(body).toMatch(
    /metrics_websocket_connections_closed_total\{(?=.*reason="invalid_frame")(?=.*tenant_id="globex").*\} [1-9]/,
  );
  // A loss is seen by the series that was there before it.
  expect(body).toMatch(
    /metrics_websocket_connections_closed_total\{(?=.*reason="connection_lost")(?=.*tenant_id="globex").*\} 0/,
  );
  await client.close();
});

it("sends its clients away with a time to come back when it is shut down", async () => {
  const other = await startService(
    inject("postgresUrl"),
    {},
    { url: service.databaseUrl, platformKey: service.platformKey },
  );
  const client = await connectLive(other.url, by(acme.viewer));
  await other.close();
  expect(await client.closed).toEqual({ code: 1012, reason: "restart" });
  const closing = await client.message(({ type }) => type === "closing");
  expect(closing).toMatchObject({ code: "restart", retry_after_ms: expect.any(Number) });
});
