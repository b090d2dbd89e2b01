import { describe, expect, it, onTestFinished } from "vitest";
import { connectClient } from "./testing/connect-client.ts";
import { testGateway } from "./testing/test-gateway.ts";
import { startV1Server } from "./testing/start-v1-server.ts";

describe.each([
  ["sessions and streams", { sessions: true, json: false }],
  ["sessions and documents", { sessions: true, json: true }],
  ["streams, no sessions", { sessions: false, json: false }],
  ["documents, no sessions", { sessions: false, json: true }],
] as const)("a server of the first SDK with %s", (_what, options) => {
  it.each(["v1", "v2 with sessions"] as const)("serves the client %s through the gateway", async (kind) => {
    const server = await startV1Server(options);
    onTestFinished(() => server.close());
    const gateway = await testGateway({
      upstreams: { v1: server.url },
      rules: {
        hide: (target) => target === "secret",
        deny: ({ target }) => (target === "secret" ? "denied_by_policy" : null),
        trace: { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" },
      },
    });
    const client = await connectClient(kind, gateway.url("v1"));
    onTestFinished(() => client.close());
    expect(await client.tools()).toEqual(["echo", "fail"]);
    expect(await client.callTool("echo", { text: "hi" })).toMatchObject({ content: [{ text: "hi" }] });
    expect(await client.callTool("fail")).toMatchObject({ isError: true });
    await expect(client.callTool("secret")).rejects.toMatchObject({
      data: { reason_code: "denied_by_policy" },
    });
    const outcomes = gateway.governor.calls().map(({ results }) => results.map(({ outcome }) => outcome));
    expect(outcomes).toEqual([["ok"], ["ok"], ["tool_error"], []]);
    expect(client.sessionId() === undefined).toBe(!options.sessions);
    expect(gateway.observer.of("malformedUpstream")).toEqual([]);
  });
});
