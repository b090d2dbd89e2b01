import { Readable } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import type { McpLimits } from "./contract/limits.ts";
import { ask, messagesOf, reading } from "./testing/ask.ts";
import type { GovernorRules } from "./testing/governor.ts";
import { event, eventStream, resultOf } from "./testing/scripted-upstream.ts";
import {
  openSession,
  outcomesOf,
  progressNote,
  sessionGateway,
  toolCall,
} from "./testing/session-gateway.ts";

describe("responses that come on another stream (SEP-1699)", () => {
  async function interrupted(limits: Partial<McpLimits> = {}, rules: GovernorRules = {}) {
    const first = eventStream();
    const second = eventStream();
    const { gateway, upstream } = await sessionGateway(
      (sent) => (sent.method === "GET" ? second.response : first.response),
      { limits, rules },
    );
    const headers = await openSession(gateway);
    return { gateway, upstream, headers, first, second };
  }

  it("belong to the call that was left open", async () => {
    const { gateway, headers, first, second, upstream } = await interrupted();
    const seen = reading(await ask(gateway, { body: toolCall(), headers }));
    first.send("id: e1\nretry: 10\ndata: \n\n");
    first.stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(seen.text).toBe(`id: ${gateway.eventId("e1")}\nretry: 10\ndata: \n\n`);
    expect(outcomesOf(gateway)).toEqual([]);

    const resumed = reading(
      await ask(gateway, { method: "GET", headers: { ...headers, "last-event-id": gateway.eventId("e1") } }),
    );
    expect(upstream.sent.at(-1)?.headers).toMatchObject({ "last-event-id": "e1", "mcp-session-id": "up" });
    second.send(event(resultOf(1, { isError: true, content: [] }), "e2"));
    await vi.waitFor(() => expect(messagesOf(resumed.text)).toHaveLength(1));
    expect(outcomesOf(gateway)).toEqual(["tool_error"]);
    second.stream.push(null);
    await vi.waitFor(() => expect(resumed.ended).toBe(true));
  });

  it("time out like any other", async () => {
    const { gateway, headers, first } = await interrupted({ requestTimeoutMs: 50 });
    reading(await ask(gateway, { body: toolCall(), headers }));
    first.send("id: e1\ndata: \n\n");
    first.stream.push(null);
    await vi.waitFor(() => expect(outcomesOf(gateway)).toEqual(["timeout"]));
  });

  it("are awaited when the client, not the server, cut the stream; nothing is cancelled", async () => {
    const { gateway, headers, first, second, upstream } = await interrupted();
    const got = await ask(gateway, { body: toolCall(), headers });
    const seen = reading(got);
    first.send("id: e1\ndata: \n\n");
    await vi.waitFor(() => expect(seen.text).not.toBe(""));
    if (got.body instanceof Readable) {
      got.body.destroy();
    }
    await vi.waitFor(() => expect(first.stream.destroyed).toBe(true));
    expect(outcomesOf(gateway)).toEqual([]);
    expect(upstream.sent.map(({ message }) => message["method"])).not.toContain("notifications/cancelled");
    reading(
      await ask(gateway, { method: "GET", headers: { ...headers, "last-event-id": gateway.eventId("e1") } }),
    );
    second.send(event(resultOf(1)));
    await vi.waitFor(() => expect(outcomesOf(gateway)).toEqual(["ok"]));
  });

  it("are awaited for so many calls only", async () => {
    const streams = [eventStream(), eventStream(), eventStream()];
    const { gateway } = await sessionGateway(
      ({ message }) => streams[Number(message["id"])]?.response ?? {},
      {
        limits: { maxAwaitedResponses: 2 },
      },
    );
    const headers = await openSession(gateway);
    for (const [id, { send, stream }] of streams.entries()) {
      const seen = reading(await ask(gateway, { body: toolCall(id), headers }));
      send("id: e\ndata: \n\n");
      stream.push(null);
      await vi.waitFor(() => expect(seen.ended).toBe(true));
    }
    expect(outcomesOf(gateway)).toEqual(["upstream_error"]);
    expect(gateway.governor.calls("tools/call")[0]?.results).toHaveLength(1);
  });

  it("are abandoned when the session ends", async () => {
    const { gateway, headers, first } = await interrupted();
    const seen = reading(await ask(gateway, { body: toolCall(), headers }));
    first.send("id: e1\ndata: \n\n");
    first.stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    const second = await ask(gateway, { method: "DELETE", headers });
    expect(second.status).toBe(200);
    expect(outcomesOf(gateway)).toEqual(["cancelled"]);
  });

  it("pass on a replica that never saw the request, and lists are filtered there too", async () => {
    const { gateway, headers, second } = await interrupted({}, { hide: (target) => target === "hidden" });
    const resumed = reading(
      await ask(gateway, { method: "GET", headers: { ...headers, "last-event-id": gateway.eventId("e1") } }),
    );
    second.send(event(resultOf(8, { tools: [{ name: "hidden" }, { name: "add" }] })));
    await vi.waitFor(() =>
      expect(messagesOf(resumed.text)).toEqual([resultOf(8, { tools: [{ name: "add" }] })]),
    );
  });

  it("are over when nothing is left of their stream: the client is told not to come back", async () => {
    const { gateway } = await sessionGateway(() => ({ status: 204, headers: {} }));
    const headers = await openSession(gateway);
    const response = await ask(gateway, {
      method: "GET",
      headers: { ...headers, "last-event-id": gateway.eventId("e1") },
    });
    expect(response).toEqual({ status: 204, headers: {}, body: null });
    expect(gateway.governor.decided.at(-1)?.results).toEqual([{ outcome: "ok" }]);
  });

  it("have no place on a stream that resumes nothing", async () => {
    const { gateway, headers, second } = await interrupted();
    const listening = reading(await ask(gateway, { method: "GET", headers }));
    second.send(event(resultOf(8)) + event(progressNote(1)));
    await vi.waitFor(() => expect(messagesOf(listening.text)).toEqual([progressNote(1)]));
    expect(gateway.observer.of("malformedUpstream")).toMatchObject([{ problem: "unexpected_response" }]);
  });
});
