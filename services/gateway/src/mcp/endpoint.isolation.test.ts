import { describe, expect, it, vi } from "vitest";
import { ask, jsonOf, requestOf } from "./testing/ask.ts";
import { event, eventStream, never, resultOf, type ScriptedResponse } from "./testing/scripted-upstream.ts";
import { scriptedGateway } from "./testing/test-gateway.ts";

describe("one caller's data", () => {
  it("cannot be had by naming an event of a server without sessions", async () => {
    const { response, send } = eventStream();
    const { gateway, upstream } = await scriptedGateway(() => response);
    send(event(resultOf(1, { content: [{ type: "text", text: "of alice" }] }), "1"));
    const resumed = await ask(gateway, { method: "GET", user: "bob", headers: { "last-event-id": "0" } });
    expect(resumed.status).toBe(400);
    expect(await jsonOf(resumed)).toMatchObject({ error: { data: { reason_code: "invalid_event_id" } } });
    expect(upstream.sent).toEqual([]);
  });

  it.each([
    "7",
    "7.",
    "7.AAAAAAAAAAAAAAAAAAAAAA",
    "",
    "another's",
    "another session's",
    "another's spelling",
  ])(
    "cannot be had by naming an event that was not given to it in its session: %s [GTW-12]",
    async (what) => {
      const { response } = eventStream();
      const { gateway, upstream } = await scriptedGateway(({ message, method }) =>
        method === "GET"
          ? response
          : {
              headers: { "mcp-session-id": "up" },
              body: JSON.stringify(resultOf(message["id"] ?? 0, {})),
            },
      );
      const begin = async (user: string) =>
        (await ask(gateway, { user, body: requestOf(0, "initialize") })).headers["mcp-session-id"] ?? "";
      const mine = gateway.eventId("7");
      const forged: Record<string, string> = {
        "another's": mine,
        "another session's": gateway.eventId("7", "another"),
        "another's spelling": `${mine}=`,
      };
      const user = what === "another's" ? "bob" : "alice";
      const session = await begin(user);
      const refused = await ask(gateway, {
        method: "GET",
        user,
        headers: { "mcp-session-id": session, "last-event-id": forged[what] ?? what },
      });
      expect(refused.status).toBe(400);
      expect(await jsonOf(refused)).toMatchObject({ error: { data: { reason_code: "invalid_event_id" } } });
      expect(upstream.sent.filter(({ method }) => method === "GET")).toEqual([]);
      // Its own it may name, also one that came before the session was known.
      for (const id of [mine, gateway.eventId("7", null)]) {
        const own = { "mcp-session-id": await begin("alice"), "last-event-id": id };
        expect((await ask(gateway, { method: "GET", headers: own })).status).toBe(200);
        expect(upstream.sent.at(-1)?.headers).toMatchObject({ "last-event-id": "7" });
      }
    },
  );

  it("stays apart at a server that gives one session id to several callers", async () => {
    const alices = Promise.withResolvers<ScriptedResponse>();
    const { gateway, upstream } = await scriptedGateway(
      ({ message, text }) => {
        if (message["method"] !== "initialize") {
          return text.includes("of alice") ? alices.promise : never();
        }
        const body = JSON.stringify(resultOf(message["id"], {}));
        return { headers: { "mcp-session-id": "the-only-one" }, body };
      },
      { limits: { cancelGraceMs: 1 } },
    );
    const start = async (user: string) => {
      const response = await ask(gateway, { user, body: requestOf(0, "initialize") });
      const headers = { "mcp-session-id": response.headers["mcp-session-id"] ?? "" };
      const call = requestOf(7, "tools/call", { name: "slow", arguments: { text: `of ${user}` } });
      return { user, headers, called: ask(gateway, { user, headers, body: call }) };
    };
    const alice = await start("alice");
    const bob = await start("bob");
    await vi.waitFor(() => expect(upstream.sent.filter(({ text }) => text.includes("slow"))).toHaveLength(2));
    const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } };
    await ask(gateway, { user: "bob", headers: bob.headers, body: cancel });
    expect((await bob.called).status).toBe(202);
    alices.resolve({ body: JSON.stringify(resultOf(7)) });
    expect(await jsonOf(await alice.called)).toMatchObject({ id: 7, result: {} });
    const outcomes = gateway.governor
      .calls("tools/call")
      .map(({ caller, results }) => [caller.principal.id, results.map(({ outcome }) => outcome)]);
    expect(outcomes).toEqual([
      ["alice", ["ok"]],
      ["bob", ["cancelled"]],
    ]);
  });
});
