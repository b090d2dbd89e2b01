import { Readable } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { ask, ENVELOPE, reading, statelessHeaders } from "./testing/ask.ts";
import { event, eventStream, never } from "./testing/scripted-upstream.ts";
import {
  openSession,
  outcomesOf,
  progressNote,
  sessionGateway,
  toolCall,
} from "./testing/session-gateway.ts";
import { scriptedGateway } from "./testing/test-gateway.ts";

const statelessCall = { ...toolCall(), params: { name: "add", _meta: ENVELOPE } };
const callHeaders = statelessHeaders("tools/call", "add");

describe("clients that go away", () => {
  it.each([
    ["with a session", true],
    ["without", false],
  ])("before the response: the exchange is aborted (%s)", async (_how, withSession) => {
    const { gateway, upstream } = await sessionGateway(never);
    const leave = new AbortController();
    const headers = withSession ? await openSession(gateway) : callHeaders;
    const response = ask(gateway, {
      body: withSession ? toolCall() : statelessCall,
      headers,
      signal: leave.signal,
    });
    await vi.waitFor(() => expect(upstream.calls().at(-1)?.message["method"]).toBe("tools/call"));
    leave.abort();
    expect((await response).status).toBe(499);
    expect(upstream.calls().at(-1)?.signal.aborted).toBe(true);
    expect(outcomesOf(gateway)).toEqual(["cancelled"]);
    const told = upstream.sent.filter(({ message }) => message["method"] === "notifications/cancelled");
    expect(told).toHaveLength(withSession ? 1 : 0);
  });

  it("before they were decided about: nothing is sent, and the intent has its outcome", async () => {
    const leave = new AbortController();
    const { gateway, upstream } = await sessionGateway(never, {
      rules: { before: () => Promise.resolve(leave.abort()) },
    });
    expect((await ask(gateway, { body: toolCall(), signal: leave.signal })).status).toBe(499);
    expect(upstream.sent).toEqual([]);
    expect(gateway.governor.calls("tools/call")).toMatchObject([
      { results: [{ outcome: "cancelled", unsent: true }] },
    ]);
  });

  it.each(["by the signal", "by destroying the body"])("in mid-stream, %s", async (how) => {
    const { response, send, stream } = eventStream();
    const { gateway, upstream } = await sessionGateway(() => response);
    const leave = new AbortController();
    const got = await ask(gateway, {
      body: toolCall(),
      headers: await openSession(gateway),
      signal: leave.signal,
    });
    const seen = reading(got);
    send(event(progressNote(1)));
    await vi.waitFor(() => expect(seen.text).not.toBe(""));
    if (how === "by the signal") {
      leave.abort();
    } else if (got.body instanceof Readable) {
      got.body.destroy();
    }
    await vi.waitFor(() => expect(stream.destroyed).toBe(true));
    expect(outcomesOf(gateway)).toEqual(["cancelled"]);
    expect(upstream.sent.at(-1)?.message).toMatchObject({
      method: "notifications/cancelled",
      params: { requestId: 1 },
    });
    expect(gateway.observer.of("streamClosed")).toMatchObject([{ end: "client_left" }]);
  });

  it("while initializing: that must not be cancelled", async () => {
    const { gateway, upstream } = await scriptedGateway(never);
    const leave = new AbortController();
    const response = ask(gateway, {
      body: { ...toolCall(), method: "initialize", params: {} },
      signal: leave.signal,
    });
    await vi.waitFor(() => expect(upstream.sent).toHaveLength(1));
    leave.abort();
    await response;
    expect(upstream.sent).toHaveLength(1);
  });
});
