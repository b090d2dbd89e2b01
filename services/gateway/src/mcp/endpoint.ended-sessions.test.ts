import { describe, expect, it, vi } from "vitest";
import { ask, bodyOf, jsonOf } from "./testing/ask.ts";
import { event, eventStream, never, type ScriptedResponse } from "./testing/scripted-upstream.ts";
import { openSession, outcomesOf, sessionGateway, toolCall } from "./testing/session-gateway.ts";
import { unboundedSessions } from "./testing/unbounded-sessions.ts";

const ENDED = { error: { code: -32_001, data: { reason_code: "session_ended" } } };

/** A session whose calls the server responds to as the test says, and its end from the gateway's side. */
async function endable(
  response: () => ScriptedResponse | Promise<ScriptedResponse>,
  before?: (end: () => void) => void,
) {
  const sessions = unboundedSessions();
  let end = (): void => undefined;
  const { gateway, upstream } = await sessionGateway(
    ({ method }) => (method === "DELETE" ? { status: 200 } : response()),
    {
      sessions: {
        ...sessions,
        enter(seen, work) {
          end = () => void sessions.end(seen.fingerprint, "ended");
          return sessions.enter(seen, work);
        },
      },
      rules: {
        async before({ method }) {
          if (method === "tools/call") {
            before?.(end);
          }
        },
      },
    },
  );
  const headers = await openSession(gateway);
  const sent = (method: string) => upstream.sent.filter((request) => request.method === method);
  return {
    gateway,
    upstream,
    headers,
    end: () => end(),
    /** What the server was told at the end. */
    async left() {
      await vi.waitFor(() => expect(sent("DELETE")).toHaveLength(1));
      expect(sent("DELETE")[0]?.headers["mcp-session-id"]).toBe("up");
    },
  };
}

describe("a call whose session is ended from the gateway's side [GTW-2]", () => {
  it("gets an error and an outcome while it waits for its response", async () => {
    const { gateway, headers, upstream, end, left } = await endable(never);
    const called = ask(gateway, { headers, body: toolCall(7) });
    await vi.waitFor(() => expect(upstream.calls().at(-1)?.message["method"]).toBe("tools/call"));
    end();
    const response = await called;
    expect([response.status, await jsonOf(response)]).toMatchObject([404, { id: 7, ...ENDED }]);
    expect(outcomesOf(gateway)).toEqual(["cancelled"]);
    await left();
  });

  it("gets an error in its stream", async () => {
    const stream = eventStream();
    const { gateway, headers, upstream, end, left } = await endable(() => stream.response);
    const called = ask(gateway, { headers, body: toolCall(7) });
    await vi.waitFor(() => expect(upstream.calls().at(-1)?.message["method"]).toBe("tools/call"));
    stream.send(event({ jsonrpc: "2.0", method: "notifications/message", params: {} }));
    await vi.waitFor(() => expect(gateway.observer.of("streamOpened")).toHaveLength(1));
    end();
    expect(await bodyOf(await called)).toContain("session_ended");
    expect(outcomesOf(gateway)).toEqual(["cancelled"]);
    expect(gateway.observer.of("streamClosed")).toMatchObject([{ end: "session_ended" }]);
    await left();
  });

  it("gets an error, and is not sent, when the session ends while it is decided about", async () => {
    const { gateway, headers, upstream, left } = await endable(never, (end) => end());
    const response = await ask(gateway, { headers, body: toolCall(7) });
    expect([response.status, await jsonOf(response)]).toMatchObject([404, { id: 7, ...ENDED }]);
    expect(outcomesOf(gateway)).toEqual(["cancelled"]);
    expect(upstream.calls().map(({ message }) => message["method"])).not.toContain("tools/call");
    await left();
  });
});

it.each([
  [{ status: 404 }, ["unknown_upstream"]],
  [{ status: 404, sessionEnds: true }, []],
] as const)(
  "a server's %j ends a session: %j; where an end is under way, that says why [GTW-2]",
  async (response, reasons) => {
    const over: string[] = [];
    const sessions = unboundedSessions();
    const { gateway } = await sessionGateway(() => response, {
      sessions: {
        ...sessions,
        over(fingerprint, reason) {
          over.push(reason);
          return sessions.over(fingerprint, reason);
        },
      },
    });
    const headers = await openSession(gateway);
    expect((await ask(gateway, { headers, body: toolCall() })).status).toBe(404);
    expect(over).toEqual(reasons);
  },
);
