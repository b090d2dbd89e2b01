import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ask, messagesOf, reading } from "./testing/ask.ts";
import { event, eventStream, never, resultOf, scriptedUpstream } from "./testing/scripted-upstream.ts";
import { testGateway } from "./testing/test-gateway.ts";

const SILENCE = 10_000;
const MAX = 60_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(async () => {
  vi.useRealTimers();
});

const CALL = {
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "slow", _meta: { progressToken: "t" } },
};
const progress = (progressToken = "t") =>
  event({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken, progress: 1 } }, "e1");
const question = (id: unknown = "q", method = "elicitation/create") => event({ jsonrpc: "2.0", id, method });

/** A call whose server has begun to respond, and a stream of its session. */
async function callInFlight(options: { requestTimeoutMs?: number } = {}) {
  const response = eventStream();
  const standalone = eventStream();
  const upstream = {
    ...scriptedUpstream("s", ({ method, message }) => {
      if (message["method"] === "initialize") {
        return { headers: { "mcp-session-id": "up" }, body: JSON.stringify(resultOf(message["id"])) };
      }
      if (method === "GET") {
        return standalone.response;
      }
      return message["method"] === "tools/call" ? response.response : never();
    }),
    ...options,
  };
  const limits = { requestTimeoutMs: SILENCE, maxRequestMs: MAX };
  const gateway = await testGateway({ upstreams: { s: upstream }, limits });
  const opened = await ask(gateway, {
    body: { jsonrpc: "2.0", id: "init", method: "initialize", params: {} },
  });
  const headers = {
    "mcp-session-id": opened.headers["mcp-session-id"],
    "mcp-protocol-version": "2025-11-25",
  };
  const seen = reading(await ask(gateway, { body: CALL, headers }));
  const listen = async (more = {}) =>
    reading(await ask(gateway, { method: "GET", headers: { ...headers, ...more } }));
  return {
    gateway,
    upstream,
    headers,
    seen,
    listen,
    response,
    standalone,
    outcomes: () =>
      gateway.governor.calls("tools/call").flatMap(({ results }) => results.map((r) => r.outcome)),
    async send(text: string) {
      const before = seen.text.length;
      response.send(text);
      await vi.waitFor(() => expect(seen.text.length).toBeGreaterThan(before));
    },
    async pass(ms: number) {
      await vi.advanceTimersByTimeAsync(ms);
      // Clocks let what has arrived be read before they run out.
      await setImmediate();
    },
    respond: (id: unknown = "q") =>
      ask(gateway, { body: { jsonrpc: "2.0", id, result: { action: "accept" } }, headers }),
  };
}
type InFlight = Awaited<ReturnType<typeof callInFlight>>;

/** How the call ends when its server responds now. */
async function whenServed(call: InFlight): Promise<unknown> {
  call.response.send(event(resultOf(1)));
  call.response.stream.push(null);
  return ended(call);
}

/** How it has ended: the code of its error or `null`, and what is on record. */
async function ended({ seen, outcomes }: InFlight): Promise<unknown> {
  await vi.waitFor(() => expect(seen.ended).toBe(true));
  const last = messagesOf(seen.text).at(-1) as { error?: { code: number } } | undefined;
  return { error: last?.error?.code ?? null, outcomes: outcomes() };
}

const SERVED = { error: null, outcomes: ["ok"] };
const TIMED_OUT = { error: -32013, outcomes: ["timeout"] };

describe("the time that a call may take", () => {
  it("begins anew with each message of its server", async () => {
    const call = await callInFlight();
    for (let step = 0; step < 4; step += 1) {
      await call.send(progress());
      await call.pass(SILENCE - 1_000);
    }
    expect(await whenServed(call)).toEqual(SERVED);
  });

  it("ends when the server is silent, whatever comments it sends", async () => {
    const call = await callInFlight();
    await call.pass(SILENCE / 2);
    await call.send(": keep-alive\n\n");
    await call.pass(SILENCE / 2);
    expect(await ended(call)).toEqual(TIMED_OUT);
  });

  it("has a maximum, whatever progress is reported", async () => {
    const call = await callInFlight();
    for (let passed = 0; passed < MAX; passed += SILENCE / 2) {
      call.response.send(progress());
      await call.pass(SILENCE / 2);
    }
    expect(await ended(call)).toEqual(TIMED_OUT);
  });

  it("begins anew with progress that comes on the session's own stream", async () => {
    const call = await callInFlight();
    const listening = await call.listen();
    for (let step = 0; step < 3; step += 1) {
      await call.pass(SILENCE - 1_000);
      const before = listening.text.length;
      call.standalone.send(progress());
      await vi.waitFor(() => expect(listening.text.length).toBeGreaterThan(before));
    }
    expect(await whenServed(call)).toEqual(SERVED);
  });

  it("does not begin anew with progress of another call there", async () => {
    const call = await callInFlight();
    const listening = await call.listen();
    await call.pass(SILENCE / 2);
    call.standalone.send(progress("other"));
    await vi.waitFor(() => expect(listening.text).toContain("other"));
    await call.pass(SILENCE / 2);
    expect(await ended(call)).toEqual(TIMED_OUT);
  });

  it("can be another for a server", async () => {
    const call = await callInFlight({ requestTimeoutMs: 2 * SILENCE });
    await call.pass(2 * SILENCE - 1_000);
    expect(call.outcomes()).toEqual([]);
    await call.pass(1_000);
    expect(await ended(call)).toEqual(TIMED_OUT);
  });
});

describe("while the server waits for its client", () => {
  it.each(["elicitation/create", "sampling/createMessage"])(
    "the time of a call stands still (%s), and begins anew with the response",
    async (method) => {
      const call = await callInFlight();
      await call.send(question("q", method));
      await call.pass(4 * SILENCE);
      void call.respond();
      await call.pass(SILENCE - 1_000);
      expect(await whenServed(call)).toEqual(SERVED);
    },
  );

  it("the time stands still for questions on the session's own stream", async () => {
    const call = await callInFlight();
    const listening = await call.listen();
    call.standalone.send(question());
    await vi.waitFor(() => expect(listening.text).toContain("elicitation"));
    await call.pass(4 * SILENCE);
    expect(await whenServed(call)).toEqual(SERVED);
  });

  it.each([
    ["it had its response", (call: InFlight) => void call.respond()],
    ["it was taken back", (call: InFlight) => call.send(takenBack("q"))],
  ])("time runs again when %s", async (_how, close) => {
    const call = await callInFlight();
    await call.send(question());
    await call.pass(3 * SILENCE);
    await close(call);
    await call.pass(SILENCE + 100);
    expect(await ended(call)).toEqual(TIMED_OUT);
  });

  it("the time has a maximum all the same", async () => {
    const call = await callInFlight();
    await call.send(question());
    await call.pass(MAX);
    expect(await ended(call)).toEqual(TIMED_OUT);
  });

  it("a ping is no question", async () => {
    const call = await callInFlight();
    await call.send(question("p", "ping"));
    await call.pass(SILENCE);
    expect(await ended(call)).toEqual(TIMED_OUT);
  });
});

describe("the time of a call whose stream has ended (SEP-1699)", () => {
  it("begins anew with progress on the resumed one; at its end the server is told", async () => {
    const call = await callInFlight();
    await call.send(progress());
    call.response.stream.push(null);
    await vi.waitFor(() => expect(call.seen.ended).toBe(true));
    const resumed = await call.listen({ "last-event-id": call.gateway.eventId("e1") });
    for (let step = 0; step < 3; step += 1) {
      await call.pass(SILENCE - 1_000);
      const before = resumed.text.length;
      call.standalone.send(progress());
      await vi.waitFor(() => expect(resumed.text.length).toBeGreaterThan(before));
    }
    expect(call.outcomes()).toEqual([]);
    await call.pass(SILENCE);
    expect(call.outcomes()).toEqual(["timeout"]);
    await vi.waitFor(() =>
      expect(call.upstream.sent.at(-1)?.message).toMatchObject({
        method: "notifications/cancelled",
        params: { requestId: 1 },
      }),
    );
  });
});

function takenBack(requestId: unknown): string {
  return event({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } });
}
