import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { createCertificates, requireServer, startRsyslog, type Rsyslog } from "@sark/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { z } from "zod";
import type { Sink } from "../../domain/sink.ts";
import { makeEvent, makeEvents } from "../../testing/events.ts";
import { prepareOne, sendOnce, settled, testContext } from "../../testing/sinks.ts";
import { syslogSchema } from "./config.ts";
import { createSyslogSink } from "./syslog-sink.ts";

const sinks: Sink[] = [];
const folder = mkdtempSync(join(tmpdir(), "sark-syslog-"));
const caFile = join(folder, "ca.pem");
afterEach(async () => {
  for (const sink of sinks.splice(0)) {
    await sink.close();
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function connect(
  port: number,
  change: Partial<z.input<typeof syslogSchema>> = {},
  context: Parameters<typeof testContext>[0] = {},
): Sink {
  const settings = syslogSchema.parse({
    type: "syslog",
    host: "127.0.0.1",
    port,
    transport: "tcp",
    settleTime: "50ms",
    confirmInterval: "50ms",
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
    expect(await settled(await sendOnce(connect(rsyslog.port), events))).toEqual({ kind: "sent" });
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

  it("lets no caller write a line of its own: control characters are blanks in the structured data [SIEM-5]", async () => {
    rsyslog = await startRsyslog();
    const forged = "r\n<13>1 2026-01-01T00:00:00Z gw-1 sark 1 tool_invoke - forged\u0085\u2028\u001b[2J\t";
    const events = ["1970-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"].map((timestamp, seq) =>
      makeEvent(seq, { timestamp, gateway_request_id: forged, reason: forged, user_id: forged }),
    );
    for (const formatName of ["json", "ocsf", "ecs", "cef"] as const) {
      await sendOnce(connect(rsyslog.port, {}, { formatName }), events);
    }
    await received(8);
    for (const { structuredData, message, messageId } of rsyslog.messages()) {
      expect(`${structuredData}${message}`).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(structuredData).toContain('request="r <13>1 2026');
      expect(messageId).toBe("tool_invoke");
    }
    expect(rsyslog.messages()).toHaveLength(8);
    // rsyslog reads no header of the year 2100 or later: such an event has the time at which it was recorded.
    const late = rsyslog
      .messages()
      .map(({ structuredData }) => /late="true" event_time="(\d+)/.exec(structuredData)?.[1]);
    expect(late).toEqual(["json", "ocsf", "ecs", "cef"].flatMap(() => [undefined, "9999"]));
  });

  it("delivers over TLS, verified against its own authority", async () => {
    rsyslog = await startRsyslog({ tls: true });
    writeFileSync(caFile, rsyslog.authority ?? "");
    const tls = { caFile, verify: true };
    const sink = connect(rsyslog.port, { transport: "tls", tls }, { formatName: "cef" });
    await sink.check(signal);
    expect(await settled(await sendOnce(sink, makeEvents(3)))).toEqual({ kind: "sent" });
    await received(3);
    expect(rsyslog.messages()[2]?.message).toMatch(/^CEF:0\|SARK\|/);
    // A check that only broke its connection off would be an error in the receiver's own log, every time.
    expect(rsyslog.complaints()).toBe("");
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

  it("connects anew after the receiver crashed, and sends again what it had not read [SIEM-5]", async () => {
    rsyslog = await startRsyslog();
    const sink = connect(rsyslog.port, { confirmInterval: "1m" });
    const result = await sendOnce(sink, makeEvents(1));
    await received(1);
    await rsyslog.kill();
    expect(await settled(result)).toMatchObject({
      kind: "maybe_duplicate",
      reason: /may not have been read/,
    });
    // Over the same connection, in case the receiver ended its own side alone.
    expect(await sendOnce(sink, makeEvents(1))).toMatchObject({ kind: "maybe_duplicate" });
    expect(await sendOnce(sink, makeEvents(1))).toMatchObject({ kind: "retry", reason: /ECONNREFUSED/ });
    await expect(sink.check(signal)).rejects.toThrow("ECONNREFUSED");
    await rsyslog.restart();
    // After a failure each request is confirmed before the next one.
    expect(await sendOnce(sink, [makeEvent(9)])).toEqual({ kind: "sent" });
    await received(2);
  });

  it.each([{ tls: false }, { tls: true }])(
    "counts nothing as sent that a receiver which hangs has not read [SIEM-5] $tls",
    async ({ tls }) => {
      rsyslog = await startRsyslog({ tls });
      writeFileSync(caFile, rsyslog.authority ?? "");
      const transport = tls ? { transport: "tls" as const, tls: { caFile, verify: true } } : {};
      const sink = connect(rsyslog.port, { confirmInterval: "1m", confirmEvents: 30, ...transport });
      const first = await sendOnce(sink, makeEvents(10));
      await received(10);
      rsyslog.freeze();
      // The kernel takes them, but the limit is reached: the connection ends, and is not confirmed.
      const second = await sendOnce(sink, makeEvents(20).slice(10));
      const third = await sendOnce(sink, makeEvents(30).slice(20));
      const waiting = Promise.all([settled(first), settled(second), settled(third)]);
      const next = sendOnce(sink, [makeEvent(30)]);
      const undecided = Symbol("undecided");
      const soon = Promise.resolve(undecided);
      expect(await Promise.race([waiting, next, soon])).toBe(undecided);
      rsyslog.thaw();
      expect(await waiting).toEqual([{ kind: "sent" }, { kind: "sent" }, { kind: "sent" }]);
      expect((await next).kind).toBe("awaiting");
      await received(31);
    },
  );

  it("gives up on one that hangs, tells of it once, and then sends one request at a time [SIEM-5]", async () => {
    rsyslog = await startRsyslog();
    const sink = connect(rsyslog.port, { confirmEvents: 20 }, { requestTimeoutMs: 300 });
    rsyslog.freeze();
    const first = await sendOnce(sink, makeEvents(10));
    const second = await sendOnce(sink, makeEvents(20).slice(10));
    const third = sendOnce(sink, [makeEvent(20)]);
    expect(await settled(first)).toEqual({
      kind: "maybe_duplicate",
      reason: "the receiver did not read 20 events within 0.3 s",
    });
    expect(await settled(second)).toMatchObject({ kind: "maybe_duplicate", repeated: true });
    expect(await third).toMatchObject({ kind: "retry", repeated: true });
    expect(await sendOnce(sink, makeEvents(10))).toMatchObject({ kind: "maybe_duplicate" });
    rsyslog.thaw();
    expect(await sendOnce(sink, makeEvents(10))).toEqual({ kind: "sent" });
    expect((await sendOnce(sink, makeEvents(20).slice(10))).kind).toBe("awaiting");
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
    for (const client of clients) {
      client.destroy();
    }
    server.close();
  });

  it("gives up on one that stops reading", async () => {
    server.on("connection", (socket: Socket) => socket.pause());
    const events = makeEvents(20, () => ({ metadata: { text: "x".repeat(900_000) } }));
    const sink = connect(port, { maxMessageSize: "1MiB" }, { requestTimeoutMs: 300 });
    const { requests } = await sink.prepare(events, 0);
    const results = await Promise.all(requests.map((request) => sink.send(request, signal)));
    expect(results.at(-1)).toMatchObject({ kind: "maybe_duplicate" });
  });

  it("notices one that resets the connection right after the messages", async () => {
    const sink = connect(port, { confirmInterval: "1m" });
    const result = await sendOnce(sink, makeEvents(1));
    await vi.waitUntil(() => clients.length === 1);
    clients[0]?.resetAndDestroy();
    expect(await settled(result)).toMatchObject({ kind: "maybe_duplicate", reason: /\(ECONNRESET\)$/ });
    const again = sendOnce(sink, makeEvents(1));
    await vi.waitUntil(() => clients.length === 2);
    await sink.close();
    expect(await again).toMatchObject({ kind: "maybe_duplicate", reason: /closed before/ });
  });

  it("sends once more to one that ends its side at once, and then goes on without confirmation [SIEM-5]", async () => {
    const texts: string[] = [];
    server.close();
    server = createServer({ allowHalfOpen: true }, (socket) => {
      clients.push(socket.on("error", () => undefined));
      socket.on("data", (data) => texts.push(data.toString()));
      socket.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const sink = connect((server.address() as { port: number }).port);
    const results: string[] = [];
    for (const event of makeEvents(6)) {
      for (let sent = false; !sent;) {
        const result = await settled(await sendOnce(sink, [event]));
        results.push(result.kind);
        sent = result.kind === "sent";
        if (sent) {
          expect(result).toMatchObject({ unconfirmed: /nothing can show what it reads/ });
        }
      }
    }
    expect(results.filter((kind) => kind !== "sent").length).toBeLessThanOrEqual(1);
    expect(clients).toHaveLength(1);
    await vi.waitUntil(() => texts.join("").includes('"seq":5,'));
  });

  it("connects anew to one that closes after reading, and does not send the same for ever [SIEM-5]", async () => {
    server.on("connection", (socket: Socket) => socket.once("data", () => socket.destroy()));
    const sink = connect(port, { confirmInterval: "1m" });
    const attempt = async () => settled(await sendOnce(sink, makeEvents(1)));
    let attempts = 1;
    let result = await attempt();
    for (; result.kind !== "sent" && attempts < 20; attempts += 1) {
      expect(["maybe_duplicate", "retry"]).toContain(result.kind);
      result = await attempt();
    }
    expect(result).toMatchObject({ kind: "sent", unconfirmed: /nothing can show what it reads/ });
    expect(attempts).toBeGreaterThan(2);
    expect(clients.length).toBeGreaterThan(2);
  });

  it("takes a client certificate that is refused after the handshake for a fault of configuration", async () => {
    const { servers, authority } = await createCertificates();
    writeFileSync(caFile, authority);
    const demanding = createTlsServer({ ...servers.valid, ca: authority, requestCert: true });
    demanding.on("tlsClientError", () => undefined);
    demanding.listen(0, "127.0.0.1");
    await once(demanding, "listening");
    try {
      const sink = connect((demanding.address() as { port: number }).port, {
        transport: "tls",
        tls: { caFile, verify: true },
      });
      expect(await settled(await sendOnce(sink, makeEvents(1)))).toMatchObject({
        kind: "configuration",
        reason: /does not accept our certificate, or demands one: check tls\.certFile/,
      });
    } finally {
      demanding.close();
    }
  });

  it("does not wait for ever for a TLS handshake", async () => {
    const sink = connect(port, { transport: "tls" }, { requestTimeoutMs: 200 });
    expect(await sendOnce(sink, makeEvents(1))).toMatchObject({ kind: "retry" });
  });
});
