import { describe, expect, it, vi } from "vitest";
import { ask, bodyOf, jsonOf } from "./testing/ask.ts";
import { event, eventStream, resultOf, type ScriptedResponse } from "./testing/scripted-upstream.ts";
import { scriptedGateway } from "./testing/test-gateway.ts";

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2024-10-07", capabilities: {}, clientInfo: { name: "c", version: "1" } },
};

/** A gateway before a server that chooses this revision, in a session of its own. */
async function choosing(protocolVersion: unknown, inStream = false) {
  const result = resultOf(1, { protocolVersion, capabilities: {}, serverInfo: { name: "s", version: "1" } });
  const respond = (): ScriptedResponse => {
    if (!inStream) {
      return { headers: { "mcp-session-id": "up" }, body: JSON.stringify(result) };
    }
    const { response, send, stream } = eventStream();
    send(event(result));
    stream.push(null);
    return { ...response, headers: { ...response.headers, "mcp-session-id": "up" } };
  };
  const { gateway, upstream } = await scriptedGateway(({ method }) =>
    method === "DELETE" ? { status: 200 } : respond(),
  );
  return { gateway, upstream };
}

describe("the revision that a server chooses for a session", () => {
  it.each(["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])(
    "passes when it is spoken: %s",
    async (version) => {
      const { gateway, upstream } = await choosing(version);
      const response = await ask(gateway, { body: INITIALIZE });
      expect([response.status, await jsonOf(response)]).toMatchObject([
        200,
        { result: { protocolVersion: version } },
      ]);
      expect(upstream.sent.map(({ method }) => method)).toEqual(["POST"]);
    },
  );

  it.each(["2024-10-07", "2099-01-01", "2026-07-28", "draft", ""])(
    "is refused when it is not, by a message that names those that are: %j [AUD-2]",
    async (version) => {
      const { gateway, upstream } = await choosing(version);
      const response = await ask(gateway, { body: INITIALIZE });
      expect(response.status).toBe(502);
      expect(response.headers).not.toHaveProperty("mcp-session-id");
      expect(await jsonOf(response)).toMatchObject({
        id: 1,
        error: {
          code: -32603,
          message: expect.stringContaining("2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05"),
          data: { reason_code: "upstream_revision" },
        },
      });
      expect(gateway.observer.of("malformedUpstream")).toMatchObject([{ problem: "unspoken_revision" }]);
      expect(gateway.governor.decided.flatMap(({ results }) => results)).toMatchObject([
        { outcome: "upstream_error" },
      ]);
      // Its session is of no use to the client, and is not left to the server.
      await vi.waitFor(() => expect(upstream.sent.at(-1)?.method).toBe("DELETE"));
      expect(upstream.sent.at(-1)?.headers["mcp-session-id"]).toBe("up");
    },
  );

  it("is refused in an event stream, too", async () => {
    const { gateway, upstream } = await choosing("2024-10-07", true);
    const response = await ask(gateway, { body: INITIALIZE });
    const events = await bodyOf(response);
    expect(events).toContain("upstream_revision");
    expect(events).not.toContain("2024-10-07");
    await vi.waitFor(() => expect(upstream.sent.at(-1)?.method).toBe("DELETE"));
  });

  it("may be left out: then the server's result passes as it is", async () => {
    const { gateway } = await choosing(undefined);
    expect((await ask(gateway, { body: INITIALIZE })).status).toBe(200);
  });
});
