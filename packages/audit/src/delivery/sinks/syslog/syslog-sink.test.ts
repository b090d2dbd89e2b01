import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireServer, startRsyslog, type Rsyslog } from "@sark/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Sink } from "../../sink.ts";
import { makeEvent, makeEvents } from "../../testing/events.ts";
import { prepareOne, sendOnce, settled, testContext } from "../../testing/sinks.ts";
import { syslogSchema, type SyslogSettings } from "./config.ts";
import { createSyslogSink } from "./syslog-sink.ts";

const sinks: Sink[] = [];
const folder = mkdtempSync(join(tmpdir(), "sark-syslog-"));
const caFile = join(folder, "ca.pem");
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

function connect(
  port: number,
  change: Partial<SyslogSettings> = {},
  context: Parameters<typeof testContext>[0] = {},
): Sink {
  const settings = syslogSchema.parse({
    type: "syslog",
    host: "127.0.0.1",
    port,
    transport: "tcp",
    settleMs: 50,
    ...change,
  });
  const sink = createSyslogSink(settings, testContext(context));
  sinks.push(sink);
  return sink;
}

const signal = new AbortController().signal;

describe.skipIf(requireServer("rsyslogd") === null)("createSyslogSink, to a real rsyslog", () => {
  let rsyslog: Rsyslog;
  afterEach(() => rsyslog?.close());

  const received = (count: number) =>
    vi.waitUntil(() => rsyslog.messages().length >= count, { timeout: 20_000 });

  it("delivers over TCP with octet counting: line breaks and quotes survive [AUD-5]", async () => {
    rsyslog = await startRsyslog();
    const events = makeEvents(100, (seq) => ({
      reason: `line\nbreak "quoted" é ${seq}`,
      gateway_request_id: `a"]\\b-${seq}`,
      ...(seq === 1 ? { decision: "deny" as const } : {}),
      ...(seq === 2 ? { outcome: "tool_error" } : {}),
    }));
    expect(await settled(await sendOnce(connect(rsyslog.port), events))).toEqual({ kind: "delivered" });
    await received(100);
    const messages = rsyslog.messages();
    expect(messages.map(({ message }) => (JSON.parse(message) as { seq: number }).seq)).toEqual(
      events.map(({ seq }) => seq),
    );
    expect(messages.slice(0, 3).map(({ priority }) => priority)).toEqual([110, 108, 107]);
    expect(messages[0]).toMatchObject({ host: "gw-1", appName: "sark", messageId: "tool_invoke" });
    expect(messages[0]?.structuredData).toContain(`id="${events[0]?.id}"`);
    expect(JSON.parse(messages[5]?.message ?? "")).toEqual({ seq: 5, ...events[5]?.record });
  });

  it("delivers over TLS, verified against its own authority", async () => {
    rsyslog = await startRsyslog({ tls: true });
    writeFileSync(caFile, rsyslog.authority ?? "");
    const tls = { caFile, verify: true };
    const sink = connect(rsyslog.port, { transport: "tls", tls }, { formatName: "cef" });
    await sink.check(signal);
    expect(await settled(await sendOnce(sink, makeEvents(3)))).toEqual({ kind: "delivered" });
    await received(3);
    expect(rsyslog.messages()[2]?.message).toMatch(/^CEF:0\|SARK\|/);
    expect(await sendOnce(connect(rsyslog.port, { transport: "tls" }), makeEvents(1))).toMatchObject({
      kind: "configuration",
      reason: /certificate is not accepted/,
    });
  });

  it("cuts a message by its payload, so that the receiver gets valid JSON that says so", async () => {
    rsyslog = await startRsyslog();
    const large = makeEvent(1, { metadata: { text: "é".repeat(20_000) } });
    const request = await prepareOne(connect(rsyslog.port), [large]);
    expect(request.cut).toBe(1);
    await connect(rsyslog.port).send(request, signal);
    await received(1);
    expect(JSON.parse(rsyslog.messages()[0]?.message ?? "")).toMatchObject({
      id: large.id,
      metadata: { sark_cut: 40_011, sark_excerpt: expect.stringMatching(/^\{"text":"é+$/) as string },
    });
  });

  it("connects anew after the receiver crashed, and sends again what was just written [SIEM-5]", async () => {
    rsyslog = await startRsyslog();
    const sink = connect(rsyslog.port, { settleMs: 60_000 });
    const outcome = await sendOnce(sink, makeEvents(1));
    await received(1);
    await rsyslog.kill();
    expect(await settled(outcome)).toMatchObject({ kind: "maybe_duplicate", reason: /connection ended/ });
    expect(await sendOnce(sink, makeEvents(1))).toMatchObject({ kind: "retry", reason: /ECONNREFUSED/ });
    await expect(sink.check(signal)).rejects.toThrow("ECONNREFUSED");
    await rsyslog.restart();
    expect((await sendOnce(sink, [makeEvent(9)])).kind).toBe("awaiting");
    await received(2);
  });
});

describe("createSyslogSink, to a receiver that misbehaves", () => {
  let server: Server;
  let clients: Socket[];
  let port: number;
  beforeEach(async () => {
    clients = [];
    server = createServer((socket) => void clients.push(socket.on("error", () => undefined)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as { port: number }).port;
  });
  afterEach(() => {
    for (const client of clients) client.destroy();
    server.close();
  });

  it("gives up on one that stops reading", async () => {
    server.on("connection", (socket: Socket) => socket.pause());
    const events = makeEvents(20, () => ({ metadata: { text: "x".repeat(900_000) } }));
    const sink = connect(port, { maxMessageBytes: 1_048_576 }, { requestTimeoutMs: 300 });
    const { requests } = await sink.prepare(events, 0);
    const outcomes = await Promise.all(requests.map((request) => sink.send(request, signal)));
    expect(outcomes.at(-1)).toMatchObject({ kind: "maybe_duplicate" });
  });

  it("notices one that resets the connection right after the messages", async () => {
    const sink = connect(port, { settleMs: 60_000 });
    const outcome = await sendOnce(sink, makeEvents(1));
    await vi.waitUntil(() => clients.length === 1);
    clients[0]?.resetAndDestroy();
    expect(await settled(outcome)).toMatchObject({ kind: "maybe_duplicate" });
    const again = await sendOnce(sink, makeEvents(1));
    await vi.waitUntil(() => clients.length === 2);
    await sink.close();
    expect(await settled(again)).toMatchObject({ kind: "maybe_duplicate" });
  });

  it("does not wait for ever for a TLS handshake", async () => {
    const sink = connect(port, { transport: "tls" }, { requestTimeoutMs: 200 });
    expect(await sendOnce(sink, makeEvents(1))).toMatchObject({ kind: "retry" });
  });
});
