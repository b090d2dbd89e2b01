import { Readable } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { UpstreamError } from "../domain/upstream.ts";
import { ask, bodyOf, ENVELOPE, jsonOf, messagesOf, reading, statelessHeaders } from "./testing/ask.ts";
import type { GovernorRules } from "./testing/governor.ts";
import {
  event,
  eventStream,
  never,
  resultOf,
  scriptedUpstream,
  type ScriptedAnswer,
  type SentRequest,
} from "./testing/scripted-upstream.ts";
import { startGateway, type TestGateway } from "./testing/start-gateway.ts";
import type { McpLimits } from "./limits.ts";

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) await step();
});

type Answer = ScriptedAnswer | Promise<ScriptedAnswer>;

/** A server that opens sessions and answers the rest as the test says. */
async function gatewayWith(
  answer: (sent: SentRequest) => Answer,
  options: { rules?: GovernorRules; limits?: Partial<McpLimits> } = {},
) {
  const upstream = scriptedUpstream("s", (sent) =>
    sent.message["method"] === "initialize"
      ? { headers: { "mcp-session-id": "up" }, body: JSON.stringify(resultOf(sent.message["id"])) }
      : answer(sent),
  );
  const gateway = await startGateway({ upstreams: { s: upstream }, ...options });
  cleanup.push(() => gateway.close());
  return { gateway, upstream };
}

async function session(gateway: TestGateway) {
  const opened = await ask(gateway, {
    body: { jsonrpc: "2.0", id: "init", method: "initialize", params: {} },
  });
  return { "mcp-session-id": opened.headers["mcp-session-id"], "mcp-protocol-version": "2025-11-25" };
}

const call = (id: number | string = 1) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "add" },
});
const statelessCall = { ...call(), params: { name: "add", _meta: ENVELOPE } };
const callHeaders = statelessHeaders("tools/call", "add");
const note = (n: number) => ({ jsonrpc: "2.0", method: "notifications/progress", params: { progress: n } });
const outcomes = (gateway: TestGateway) =>
  gateway.governor.calls("tools/call").flatMap(({ results }) => results.map(({ outcome }) => outcome));

describe("streams through the gateway", () => {
  it("pass each message as it was written, in an event of the gateway's own, before the next one is sent", async () => {
    const { answer, send, stream } = eventStream();
    const { gateway } = await gatewayWith(() => answer);
    const seen = reading(await ask(gateway, { body: call() }));
    const answered = JSON.stringify(resultOf(1));
    const events = [
      [": keep-alive, or so\n", ": keep-alive\n\n"],
      ["id: 1\nretry: 10\ndata: \n\n", "id: 1\nretry: 10\ndata: \n\n"],
      ["id: 2\nretry: 99999999999\r\n\n", "id: 2\nretry: 2147483647\n\n"],
      [
        `event: message\r\nid: 3\r\nfoo: bar\r\ndata: ${JSON.stringify(note(1))}\r\n\r\n`,
        `event: message\nid: 3\ndata: ${JSON.stringify(note(1))}\n\n`,
      ],
      ["event: endpoint\ndata: not for mcp\n\n", ": keep-alive\n\n"],
      [
        `data: {"jsonrpc":"2.0","id":"ask","method":\ndata: "elicitation/create","params":{"n":1.0}}\n\n`,
        `event: message\ndata: {"jsonrpc":"2.0","id":"ask","method": "elicitation/create","params":{"n":1.0}}\n\n`,
      ],
      [`data:${answered}\r\r`, `event: message\ndata: ${answered}\n\n`],
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
    expect(outcomes(gateway)).toEqual(["ok"]);
    expect(gateway.observer.of("malformedUpstream")).toMatchObject([{ problem: "unexpected_event" }]);
    expect(gateway.observer.of("streamClosed")).toMatchObject([
      { stream: "answer", end: "completed", events: events.length, bytes: Buffer.byteLength(expected) },
    ]);
  });

  it("hold nothing back but an event that is not complete", async () => {
    const { answer, send } = eventStream();
    const { gateway } = await gatewayWith(() => answer);
    const seen = reading(await ask(gateway, { body: call() }));
    const text = event(resultOf(1));
    send(text.slice(0, -1));
    send("\ndata: x");
    await vi.waitFor(() => expect(seen.text).toBe(text));
  });

  it("read no further than the client does", async () => {
    let produced = 0;
    const chunk = Buffer.from(event({ ...note(1), params: { text: "x".repeat(10_000) } }));
    const endless = new Readable({
      read() {
        produced += chunk.length;
        this.push(chunk);
      },
    });
    const { gateway } = await gatewayWith(() => ({
      headers: { "content-type": "text/event-stream" },
      body: endless,
    }));
    const answer = await ask(gateway, { body: call() });
    if (!(answer.body instanceof Readable)) throw new Error("no stream");
    // One read by the client, then none: what was produced settles, and stays far below what an eager reader takes.
    answer.body.read(1);
    let before = -1;
    await vi.waitFor(() => {
      const now = produced;
      const settled = now === before;
      before = now;
      expect(settled).toBe(true);
    });
    expect(produced).toBeLessThan(500_000);
    answer.body.destroy();
    await vi.waitFor(() => expect(endless.destroyed).toBe(true));
  });

  it("end with an error for the call when the server dies in mid-stream", async () => {
    const { answer, send, stream } = eventStream();
    const { gateway } = await gatewayWith(() => answer);
    const seen = reading(await ask(gateway, { body: call() }));
    send(event(note(1)));
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
    expect(outcomes(gateway)).toEqual(["upstream_error"]);
    expect(gateway.observer.of("streamClosed")).toMatchObject([{ end: "upstream_failed" }]);
  });

  it("end with an error for the call when the server ends them without an answer", async () => {
    const { answer, stream } = eventStream();
    const { gateway } = await gatewayWith(() => answer);
    const seen = reading(await ask(gateway, { body: call() }));
    stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toMatchObject([
      { id: 1, error: { data: { reason_code: "upstream_silent" } } },
    ]);
    expect(outcomes(gateway)).toEqual(["upstream_error"]);
  });

  it("end with a time-out error for the call, and the server is told", async () => {
    const { answer, send, stream } = eventStream();
    const { gateway, upstream } = await gatewayWith(() => answer, { limits: { requestTimeoutMs: 50 } });
    const seen = reading(await ask(gateway, { body: call(), headers: await session(gateway) }));
    send(event(note(1)));
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text).at(-1)).toMatchObject({
      id: 1,
      error: { code: -32013, data: { reason_code: "upstream_timeout" } },
    });
    expect(stream.destroyed).toBe(true);
    expect(outcomes(gateway)).toEqual(["timeout"]);
    expect(upstream.sent.at(-1)).toMatchObject({
      headers: { "mcp-session-id": "up", "mcp-protocol-version": "2025-11-25" },
      message: { method: "notifications/cancelled", params: { requestId: 1 } },
    });
  });

  it.each([
    ["no JSON", "{not json"],
    ["no JSON-RPC", '{"well":"done"}'],
    ["an answer that is none", '{"jsonrpc":"2.0","id":1,"result":[]}'],
    ["an error that is none", '{"jsonrpc":"2.0","id":1,"error":"no"}'],
  ])("do not pass on %s, but an error", async (_what, data) => {
    const { answer, send, stream } = eventStream();
    const { gateway } = await gatewayWith(() => answer);
    const seen = reading(await ask(gateway, { body: call() }));
    send(`data: ${data}\n\n`);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toMatchObject([
      { id: 1, error: { code: -32603, data: { reason_code: "upstream_garbage" } } },
    ]);
    expect(seen.text).not.toContain(data);
    expect(stream.destroyed).toBe(true);
    expect(outcomes(gateway)).toEqual(["upstream_error"]);
    expect(gateway.observer.of("malformedUpstream")).toMatchObject([
      { server: "s", problem: "not_json_rpc" },
    ]);
  });

  it("bound each event", async () => {
    const { answer, send } = eventStream();
    const { gateway } = await gatewayWith(() => answer, { limits: { maxEventBytes: 1_000 } });
    const seen = reading(await ask(gateway, { body: call() }));
    send(`data: ${"x".repeat(2_000)}`);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toMatchObject([
      { id: 1, error: { data: { reason_code: "upstream_too_large" } } },
    ]);
    expect(gateway.observer.of("malformedUpstream")).toMatchObject([{ problem: "too_large" }]);
  });

  it("answer once, even when the time is up while a list is being filtered", async () => {
    const { answer, send } = eventStream();
    const asked = Promise.withResolvers<void>();
    const { gateway } = await gatewayWith(() => answer, { limits: { requestTimeoutMs: 50 } });
    gateway.governor.visible = async () => {
      await asked.promise;
      return new Set();
    };
    const seen = reading(await ask(gateway, { body: { ...call(), method: "tools/list" } }));
    send(event(resultOf(1, { tools: [{ name: "add" }] })));
    await vi.waitFor(() => expect(gateway.governor.calls()[0]?.results).toHaveLength(1));
    asked.resolve();
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toMatchObject([{ id: 1, error: { code: -32013 } }]);
    expect(gateway.governor.calls()[0]?.results).toMatchObject([{ outcome: "timeout" }]);
  });

  it("drop answers to what was not asked, and second answers", async () => {
    const { answer, send, stream } = eventStream();
    const { gateway } = await gatewayWith(() => answer);
    const seen = reading(await ask(gateway, { body: call() }));
    send(event(resultOf(2, { of: "somebody else" })) + event(resultOf("1", { of: "nobody" })));
    send(event(resultOf(1, { of: "ours" })) + event(resultOf(1, { of: "again" })));
    stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toEqual([resultOf(1, { of: "ours" })]);
    expect(outcomes(gateway)).toEqual(["ok"]);
    expect(gateway.observer.of("malformedUpstream").map(({ problem }) => problem)).toEqual(
      Array.from({ length: 3 }, () => "unexpected_answer"),
    );
  });

  it("keep a subscription open past the time for answers, until the client leaves", async () => {
    const { answer, send, stream } = eventStream();
    const { gateway } = await gatewayWith(
      ({ message }) => (message["method"] === "subscriptions/listen" ? answer : never()),
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
    send(event(note(1)));
    await vi.waitFor(() => expect(seen.text).not.toBe(""));
    // A call that was made later has run out of time by now.
    expect((await ask(gateway, { body: call() })).status).toBe(504);
    send(event(note(2)));
    await vi.waitFor(() => expect(messagesOf(seen.text)).toHaveLength(2));
    if (listening.body instanceof Readable) listening.body.destroy();
    await vi.waitFor(() => expect(stream.destroyed).toBe(true));
    expect(gateway.governor.calls("subscriptions/listen")[0]?.results).toMatchObject([
      { outcome: "cancelled" },
    ]);
    expect(gateway.observer.of("streamClosed")).toMatchObject([
      { stream: "subscription", end: "client_gone" },
    ]);
  });
});

describe("clients that go away", () => {
  it.each([
    ["with a session", true],
    ["without", false],
  ])("before the answer: the exchange is aborted (%s)", async (_how, withSession) => {
    const { gateway, upstream } = await gatewayWith(never);
    const leave = new AbortController();
    const headers = withSession ? await session(gateway) : callHeaders;
    const answer = ask(gateway, {
      body: withSession ? call() : statelessCall,
      headers,
      signal: leave.signal,
    });
    await vi.waitFor(() => expect(upstream.calls().at(-1)?.message["method"]).toBe("tools/call"));
    leave.abort();
    expect((await answer).status).toBe(499);
    expect(upstream.calls().at(-1)?.signal.aborted).toBe(true);
    expect(outcomes(gateway)).toEqual(["cancelled"]);
    const told = upstream.sent.filter(({ message }) => message["method"] === "notifications/cancelled");
    expect(told).toHaveLength(withSession ? 1 : 0);
  });

  it("before they were decided about: nothing is sent, and the intent has its outcome", async () => {
    const leave = new AbortController();
    const { gateway, upstream } = await gatewayWith(never, {
      rules: { before: () => Promise.resolve(leave.abort()) },
    });
    expect((await ask(gateway, { body: call(), signal: leave.signal })).status).toBe(499);
    expect(upstream.sent).toEqual([]);
    expect(outcomes(gateway)).toEqual(["cancelled"]);
  });

  it.each(["by the signal", "by destroying the body"])("in mid-stream, %s", async (how) => {
    const { answer, send, stream } = eventStream();
    const { gateway, upstream } = await gatewayWith(() => answer);
    const leave = new AbortController();
    const got = await ask(gateway, { body: call(), headers: await session(gateway), signal: leave.signal });
    const seen = reading(got);
    send(event(note(1)));
    await vi.waitFor(() => expect(seen.text).not.toBe(""));
    if (how === "by the signal") leave.abort();
    else if (got.body instanceof Readable) got.body.destroy();
    await vi.waitFor(() => expect(stream.destroyed).toBe(true));
    expect(outcomes(gateway)).toEqual(["cancelled"]);
    expect(upstream.sent.at(-1)?.message).toMatchObject({
      method: "notifications/cancelled",
      params: { requestId: 1 },
    });
    expect(gateway.observer.of("streamClosed")).toMatchObject([{ end: "client_gone" }]);
  });

  it("while initializing: that must not be cancelled", async () => {
    const upstream = scriptedUpstream("s", never);
    const gateway = await startGateway({ upstreams: { s: upstream } });
    cleanup.push(() => gateway.close());
    const leave = new AbortController();
    const answer = ask(gateway, {
      body: { ...call(), method: "initialize", params: {} },
      signal: leave.signal,
    });
    await vi.waitFor(() => expect(upstream.sent).toHaveLength(1));
    leave.abort();
    await answer;
    expect(upstream.sent).toHaveLength(1);
  });
});

describe("cancelled requests", () => {
  const cancel = (requestId: unknown = 1) => ({
    jsonrpc: "2.0",
    method: "notifications/cancelled",
    params: { requestId },
  });

  it("are passed on, and their outcome is cancelled when no answer comes", async () => {
    const { gateway, upstream } = await gatewayWith(never, { limits: { cancelGraceMs: 30 } });
    const headers = await session(gateway);
    const answer = ask(gateway, { body: call(), headers });
    await vi.waitFor(() => expect(upstream.calls()).toHaveLength(2));
    expect((await ask(gateway, { body: cancel(), headers })).status).toBe(202);
    expect(upstream.sent.at(-1)?.message).toEqual(cancel());
    expect((await answer).status).toBe(202);
    expect(outcomes(gateway)).toEqual(["cancelled"]);
    expect(
      upstream.sent.filter(({ message }) => message["method"] === "notifications/cancelled"),
    ).toHaveLength(1);
  });

  it("may be cancelled while they are still being decided about", async () => {
    const decided = Promise.withResolvers<void>();
    const { gateway, upstream } = await gatewayWith(never, {
      limits: { cancelGraceMs: 60_000 },
      rules: { before: ({ kind }) => (kind === "tool" ? decided.promise : Promise.resolve()) },
    });
    const headers = await session(gateway);
    const answer = ask(gateway, { body: call(), headers });
    await ask(gateway, { body: cancel(), headers });
    decided.resolve();
    expect((await answer).status).toBe(202);
    expect(outcomes(gateway)).toEqual(["cancelled"]);
    expect(upstream.sent.map(({ message }) => message["method"])).not.toContain("tools/call");
  });

  it("may still be answered", async () => {
    const { answer, send, stream } = eventStream();
    const { gateway } = await gatewayWith(() => answer);
    const headers = await session(gateway);
    const seen = reading(await ask(gateway, { body: call(), headers }));
    await ask(gateway, { body: cancel(), headers });
    send(event(resultOf(1)));
    stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toEqual([resultOf(1)]);
    expect(outcomes(gateway)).toEqual(["cancelled"]);
  });

  it("end their stream without a word when the server does", async () => {
    const { answer, stream } = eventStream();
    const { gateway } = await gatewayWith(() => answer);
    const headers = await session(gateway);
    const seen = reading(await ask(gateway, { body: call(), headers }));
    await ask(gateway, { body: cancel(), headers });
    stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(seen.text).toBe("");
    expect(outcomes(gateway)).toEqual(["cancelled"]);
  });

  it("of another session are not meant", async () => {
    const { answer, send, stream } = eventStream();
    const { gateway } = await gatewayWith(() => answer, { limits: { cancelGraceMs: 1 } });
    const seen = reading(await ask(gateway, { body: call(), headers: await session(gateway) }));
    await ask(gateway, { body: cancel() });
    await ask(gateway, { body: cancel(), user: "bob" });
    await ask(gateway, { body: cancel("1"), headers: await session(gateway) });
    send(event(resultOf(1)));
    stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(outcomes(gateway)).toEqual(["ok"]);
  });
});

describe("answers that come on another stream (SEP-1699)", () => {
  async function interrupted(limits: Partial<McpLimits> = {}, rules: GovernorRules = {}) {
    const first = eventStream();
    const second = eventStream();
    const { gateway, upstream } = await gatewayWith(
      (sent) => (sent.method === "GET" ? second.answer : first.answer),
      { limits, rules },
    );
    const headers = await session(gateway);
    return { gateway, upstream, headers, first, second };
  }

  it("belong to the call that was left open", async () => {
    const { gateway, headers, first, second, upstream } = await interrupted();
    const seen = reading(await ask(gateway, { body: call(), headers }));
    first.send("id: e1\nretry: 10\ndata: \n\n");
    first.stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(seen.text).toBe("id: e1\nretry: 10\ndata: \n\n");
    expect(outcomes(gateway)).toEqual([]);

    const resumed = reading(
      await ask(gateway, { method: "GET", headers: { ...headers, "last-event-id": "e1" } }),
    );
    expect(upstream.sent.at(-1)?.headers).toMatchObject({ "last-event-id": "e1", "mcp-session-id": "up" });
    second.send(event(resultOf(1, { isError: true, content: [] }), "e2"));
    await vi.waitFor(() => expect(messagesOf(resumed.text)).toHaveLength(1));
    expect(outcomes(gateway)).toEqual(["tool_error"]);
    second.stream.push(null);
    await vi.waitFor(() => expect(resumed.ended).toBe(true));
  });

  it("time out like any other", async () => {
    const { gateway, headers, first } = await interrupted({ requestTimeoutMs: 50 });
    reading(await ask(gateway, { body: call(), headers }));
    first.send("id: e1\ndata: \n\n");
    first.stream.push(null);
    await vi.waitFor(() => expect(outcomes(gateway)).toEqual(["timeout"]));
  });

  it("are awaited when the client, not the server, cut the stream; nothing is cancelled", async () => {
    const { gateway, headers, first, second, upstream } = await interrupted();
    const got = await ask(gateway, { body: call(), headers });
    const seen = reading(got);
    first.send("id: e1\ndata: \n\n");
    await vi.waitFor(() => expect(seen.text).not.toBe(""));
    if (got.body instanceof Readable) got.body.destroy();
    await vi.waitFor(() => expect(first.stream.destroyed).toBe(true));
    expect(outcomes(gateway)).toEqual([]);
    expect(upstream.sent.map(({ message }) => message["method"])).not.toContain("notifications/cancelled");
    reading(await ask(gateway, { method: "GET", headers: { ...headers, "last-event-id": "e1" } }));
    second.send(event(resultOf(1)));
    await vi.waitFor(() => expect(outcomes(gateway)).toEqual(["ok"]));
  });

  it("are awaited for so many calls only", async () => {
    const streams = [eventStream(), eventStream(), eventStream()];
    const { gateway } = await gatewayWith(({ message }) => streams[Number(message["id"])]?.answer ?? {}, {
      limits: { maxAwaitedAnswers: 2 },
    });
    const headers = await session(gateway);
    for (const [id, { send, stream }] of streams.entries()) {
      const seen = reading(await ask(gateway, { body: call(id), headers }));
      send("id: e\ndata: \n\n");
      stream.push(null);
      await vi.waitFor(() => expect(seen.ended).toBe(true));
    }
    expect(outcomes(gateway)).toEqual(["upstream_error"]);
    expect(gateway.governor.calls("tools/call")[0]?.results).toHaveLength(1);
  });

  it("are abandoned when the session ends", async () => {
    const { gateway, headers, first } = await interrupted();
    const seen = reading(await ask(gateway, { body: call(), headers }));
    first.send("id: e1\ndata: \n\n");
    first.stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    const second = await ask(gateway, { method: "DELETE", headers });
    expect(second.status).toBe(200);
    expect(outcomes(gateway)).toEqual(["cancelled"]);
  });

  it("pass on a replica that never saw the request, and lists are filtered there too", async () => {
    const { gateway, headers, second } = await interrupted({}, { hide: (target) => target === "hidden" });
    const resumed = reading(
      await ask(gateway, { method: "GET", headers: { ...headers, "last-event-id": "e1" } }),
    );
    second.send(event(resultOf(8, { tools: [{ name: "hidden" }, { name: "add" }] })));
    await vi.waitFor(() =>
      expect(messagesOf(resumed.text)).toEqual([resultOf(8, { tools: [{ name: "add" }] })]),
    );
  });

  it("are over when nothing is left of their stream: the client is told not to come back", async () => {
    const { gateway } = await gatewayWith(() => ({ status: 204, headers: {} }));
    const headers = await session(gateway);
    const answer = await ask(gateway, { method: "GET", headers: { ...headers, "last-event-id": "e1" } });
    expect(answer).toEqual({ status: 204, headers: {}, body: null });
    expect(gateway.governor.decided.at(-1)?.results).toEqual([{ outcome: "ok" }]);
  });

  it("have no place on a stream that resumes nothing", async () => {
    const { gateway, headers, second } = await interrupted();
    const listening = reading(await ask(gateway, { method: "GET", headers }));
    second.send(event(resultOf(8)) + event(note(1)));
    await vi.waitFor(() => expect(messagesOf(listening.text)).toEqual([note(1)]));
    expect(gateway.observer.of("malformedUpstream")).toMatchObject([{ problem: "unexpected_answer" }]);
  });
});

describe("answers that never begin", () => {
  it("are a gateway time-out with the audit id", async () => {
    const { gateway, upstream } = await gatewayWith(never, { limits: { requestTimeoutMs: 30 } });
    const answer = await ask(gateway, { body: call(), headers: await session(gateway) });
    expect(answer.status).toBe(504);
    const auditId = gateway.governor.calls("tools/call")[0]?.auditId;
    expect(await jsonOf(answer)).toMatchObject({
      id: 1,
      error: { code: -32013, message: expect.stringContaining(auditId ?? "?"), data: { audit_id: auditId } },
    });
    expect(outcomes(gateway)).toEqual(["timeout"]);
    expect(upstream.sent.at(-1)?.message["method"]).toBe("notifications/cancelled");
  });

  it.each([
    ["upstream_unreachable", 502, "upstream_error"],
    ["upstream_died", 502, "upstream_error"],
    ["upstream_garbage", 502, "upstream_error"],
    ["upstream_overloaded", 503, "upstream_error"],
    ["upstream_timeout", 504, "timeout"],
  ] as const)("say %s with HTTP %i", async (code, status, outcome) => {
    const { gateway } = await gatewayWith(() => Promise.reject(new UpstreamError(code, "secret detail")));
    const answer = await ask(gateway, { body: call() });
    expect(answer.status).toBe(status);
    const text = await bodyOf(answer);
    expect(JSON.parse(text)).toMatchObject({ id: 1, error: { data: { reason_code: code } } });
    expect(text).not.toContain("secret");
    expect(outcomes(gateway)).toEqual([outcome]);
  });
});
