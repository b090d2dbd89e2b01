import { Readable } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { UpstreamError } from "../domain/upstream.ts";
import { ask, ENVELOPE, messagesOf, reading, statelessHeaders } from "./testing/ask.ts";
import { event, eventStream, never, resultOf } from "./testing/scripted-upstream.ts";
import {
  openSession,
  outcomesOf,
  progressNote,
  sessionGateway,
  toolCall,
} from "./testing/session-gateway.ts";

describe("streams through the gateway", () => {
  it("pass each message as it was written, in an event of the gateway's own, before the next one is sent", async () => {
    const { response, send, stream } = eventStream();
    const { gateway } = await sessionGateway(() => response);
    const seen = reading(await ask(gateway, { body: toolCall() }));
    const own = (id: string) => gateway.eventId(id, null);
    const result = JSON.stringify(resultOf(1));
    const events = [
      [": keep-alive, or so\n", ": keep-alive\n\n"],
      ["id: 1\nretry: 10\ndata: \n\n", `id: ${own("1")}\nretry: 10\ndata: \n\n`],
      ["id: 2\nretry: 99999999999\r\n\n", `id: ${own("2")}\nretry: 2147483647\n\n`],
      [
        `event: message\r\nid: 3\r\nfoo: bar\r\ndata: ${JSON.stringify(progressNote(1))}\r\n\r\n`,
        `event: message\nid: ${own("3")}\ndata: ${JSON.stringify(progressNote(1))}\n\n`,
      ],
      ["event: endpoint\ndata: not for mcp\n\n", ": keep-alive\n\n"],
      [
        `data: {"jsonrpc":"2.0","id":"ask","method":\ndata: "elicitation/create","params":{"n":1.0}}\n\n`,
        `event: message\ndata: {"jsonrpc":"2.0","id":"ask","method": "elicitation/create","params":{"n":1.0}}\n\n`,
      ],
      [`data:${result}\r\r`, `event: message\ndata: ${result}\n\n`],
    ] as const;
    let expected = "";
    for (const [sent, passed] of events) {
      send(sent);
      expected += passed;
      await vi.waitFor(() => expect(seen.text).toBe(expected));
    }
    stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(seen.text).toBe(expected);
    expect(outcomesOf(gateway)).toEqual(["ok"]);
    expect(gateway.observer.of("malformedUpstream")).toMatchObject([{ problem: "unexpected_event" }]);
    expect(gateway.observer.of("streamClosed")).toMatchObject([
      { stream: "response", end: "completed", events: events.length, bytes: Buffer.byteLength(expected) },
    ]);
  });

  it("hold nothing back but an event that is not complete", async () => {
    const { response, send } = eventStream();
    const { gateway } = await sessionGateway(() => response);
    const seen = reading(await ask(gateway, { body: toolCall() }));
    const text = event(resultOf(1));
    send(text.slice(0, -1));
    send("\ndata: x");
    await vi.waitFor(() => expect(seen.text).toBe(text));
  });

  it("read no further than the client does", async () => {
    let produced = 0;
    const chunk = Buffer.from(event({ ...progressNote(1), params: { text: "x".repeat(10_000) } }));
    const endless = new Readable({
      read() {
        produced += chunk.length;
        this.push(chunk);
      },
    });
    const { gateway } = await sessionGateway(() => ({
      headers: { "content-type": "text/event-stream" },
      body: endless,
    }));
    const response = await ask(gateway, { body: toolCall() });
    if (!(response.body instanceof Readable)) {
      throw new Error("no stream");
    }
    // One read by the client, then none: what was produced settles, and stays far below what an eager reader takes.
    response.body.read(1);
    let before = -1;
    await vi.waitFor(() => {
      const now = produced;
      const settled = now === before;
      before = now;
      expect(settled).toBe(true);
    });
    expect(produced).toBeLessThan(500_000);
    response.body.destroy();
    await vi.waitFor(() => expect(endless.destroyed).toBe(true));
  });

  it("end with an error for the call when the server dies in mid-stream", async () => {
    const { response, send, stream } = eventStream();
    const { gateway } = await sessionGateway(() => response);
    const seen = reading(await ask(gateway, { body: toolCall() }));
    send(event(progressNote(1)));
    send('event: message\ndata: {"jsonrpc":"2.0","id":1,"res');
    await vi.waitFor(() => expect(seen.text).not.toBe(""));
    stream.destroy(new UpstreamError("upstream_died", "connection reset by 10.0.0.7"));
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    const [, error] = messagesOf(seen.text);
    const auditId = gateway.governor.calls("tools/call")[0]?.auditId;
    expect(error).toMatchObject({
      id: 1,
      error: {
        code: -32603,
        data: { reason_code: "upstream_died", audit_id: auditId, correlation_id: "correlation-alice" },
      },
    });
    expect(seen.text).not.toContain("10.0.0.7");
    expect(seen.text).not.toContain('"res\n');
    expect(outcomesOf(gateway)).toEqual(["upstream_error"]);
    expect(gateway.observer.of("streamClosed")).toMatchObject([{ end: "upstream_failed" }]);
  });

  it("end with an error for the call when the server ends them without a response", async () => {
    const { response, stream } = eventStream();
    const { gateway } = await sessionGateway(() => response);
    const seen = reading(await ask(gateway, { body: toolCall() }));
    stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toMatchObject([
      { id: 1, error: { data: { reason_code: "upstream_silent" } } },
    ]);
    expect(outcomesOf(gateway)).toEqual(["upstream_error"]);
  });

  it("end with a time-out error for the call, and the server is told", async () => {
    const { response, send, stream } = eventStream();
    const { gateway, upstream } = await sessionGateway(() => response, { limits: { requestTimeoutMs: 50 } });
    const seen = reading(await ask(gateway, { body: toolCall(), headers: await openSession(gateway) }));
    send(event(progressNote(1)));
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text).at(-1)).toMatchObject({
      id: 1,
      error: { code: -32013, data: { reason_code: "upstream_timeout" } },
    });
    expect(stream.destroyed).toBe(true);
    expect(outcomesOf(gateway)).toEqual(["timeout"]);
    expect(upstream.sent.at(-1)).toMatchObject({
      headers: { "mcp-session-id": "up", "mcp-protocol-version": "2025-11-25" },
      message: { method: "notifications/cancelled", params: { requestId: 1 } },
    });
  });

  it.each([
    ["no JSON", "{not json"],
    ["no JSON-RPC", '{"well":"done"}'],
    ["a response that is none", '{"jsonrpc":"2.0","id":1,"result":[]}'],
    ["an error that is none", '{"jsonrpc":"2.0","id":1,"error":"no"}'],
  ])("do not pass on %s, but an error", async (_what, data) => {
    const { response, send, stream } = eventStream();
    const { gateway } = await sessionGateway(() => response);
    const seen = reading(await ask(gateway, { body: toolCall() }));
    send(`data: ${data}\n\n`);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toMatchObject([
      { id: 1, error: { code: -32603, data: { reason_code: "upstream_garbage" } } },
    ]);
    expect(seen.text).not.toContain(data);
    expect(stream.destroyed).toBe(true);
    expect(outcomesOf(gateway)).toEqual(["upstream_error"]);
    expect(gateway.observer.of("malformedUpstream")).toMatchObject([
      { server: "s", problem: "not_json_rpc" },
    ]);
  });

  it("bound each event", async () => {
    const { response, send } = eventStream();
    const { gateway } = await sessionGateway(() => response, { limits: { maxEventBytes: 1_000 } });
    const seen = reading(await ask(gateway, { body: toolCall() }));
    send(`data: ${"x".repeat(2_000)}`);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toMatchObject([
      { id: 1, error: { data: { reason_code: "upstream_too_large" } } },
    ]);
    expect(gateway.observer.of("malformedUpstream")).toMatchObject([{ problem: "too_large" }]);
  });

  it("hold one response, even when the time is up while a list is being filtered", async () => {
    const { response, send } = eventStream();
    const asked = Promise.withResolvers<void>();
    const { gateway } = await sessionGateway(() => response, { limits: { requestTimeoutMs: 50 } });
    gateway.governor.visible = async () => {
      await asked.promise;
      return new Set();
    };
    const seen = reading(await ask(gateway, { body: { ...toolCall(), method: "tools/list" } }));
    send(event(resultOf(1, { tools: [{ name: "add" }] })));
    await vi.waitFor(() => expect(gateway.governor.calls()[0]?.results).toHaveLength(1));
    asked.resolve();
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toMatchObject([{ id: 1, error: { code: -32013 } }]);
    expect(gateway.governor.calls()[0]?.results).toMatchObject([{ outcome: "timeout" }]);
  });

  it("drop responses to what was not sent, and second responses", async () => {
    const { response, send, stream } = eventStream();
    const { gateway } = await sessionGateway(() => response);
    const seen = reading(await ask(gateway, { body: toolCall() }));
    send(event(resultOf(2, { of: "another caller" })) + event(resultOf("1", { of: "none" })));
    send(event(resultOf(1, { of: "ours" })) + event(resultOf(1, { of: "again" })));
    stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toEqual([resultOf(1, { of: "ours" })]);
    expect(outcomesOf(gateway)).toEqual(["ok"]);
    expect(gateway.observer.of("malformedUpstream").map(({ problem }) => problem)).toEqual(
      Array.from({ length: 3 }, () => "unexpected_response"),
    );
  });

  it("keep a subscription open past the time for responses, until the client leaves", async () => {
    const { response, send, stream } = eventStream();
    const { gateway } = await sessionGateway(
      ({ message }) => (message["method"] === "subscriptions/listen" ? response : never()),
      { limits: { requestTimeoutMs: 20 } },
    );
    const listening = await ask(gateway, {
      body: {
        jsonrpc: "2.0",
        id: 1,
        method: "subscriptions/listen",
        params: { notifications: {}, _meta: ENVELOPE },
      },
      headers: statelessHeaders("subscriptions/listen"),
    });
    const seen = reading(listening);
    send(event(progressNote(1)));
    await vi.waitFor(() => expect(seen.text).not.toBe(""));
    // A call that was made later has run out of time by now.
    expect((await ask(gateway, { body: toolCall() })).status).toBe(504);
    send(event(progressNote(2)));
    await vi.waitFor(() => expect(messagesOf(seen.text)).toHaveLength(2));
    if (listening.body instanceof Readable) {
      listening.body.destroy();
    }
    await vi.waitFor(() => expect(stream.destroyed).toBe(true));
    expect(gateway.governor.calls("subscriptions/listen")[0]?.results).toMatchObject([
      { outcome: "cancelled" },
    ]);
    expect(gateway.observer.of("streamClosed")).toMatchObject([
      { stream: "subscription", end: "client_left" },
    ]);
  });
});
