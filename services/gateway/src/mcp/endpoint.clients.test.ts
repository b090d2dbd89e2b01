import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { ERROR_CODES } from "./errors/codes.ts";
import { CLIENTS, connectClient, type ClientKind, type TestClient } from "./testing/connect-client.ts";
import type { GovernorRules } from "./testing/governor.ts";
import { type TestGateway } from "./testing/start-gateway.ts";
import { testGateway } from "./testing/test-gateway.ts";

let server: McpServerHandle;

beforeEach(async ({ onTestFinished }) => {
  server = await startMcpServer();
  onTestFinished(() => server.close());
});
async function gatewayWith(rules: GovernorRules = {}): Promise<TestGateway> {
  const limits = { cancelGraceMs: 100 };
  const gateway = await testGateway({ upstreams: { everything: server.url }, rules, limits });
  return gateway;
}

async function connect(kind: ClientKind, gateway: TestGateway, user?: string): Promise<TestClient> {
  const client = await connectClient(kind, gateway.url("everything"), user);
  onTestFinished(() => client.close());
  return client;
}

const text = (result: Record<string, unknown>) => (result["content"] as { text: string }[])[0]?.text;

describe.each(CLIENTS)("the official client %s, through the gateway", (kind) => {
  it("uses tools, prompts and resources, and every call has one outcome", async () => {
    const gateway = await gatewayWith();
    const client = await connect(kind, gateway);
    expect(text(await client.callTool("echo", { text: "hé" }))).toBe("hé");
    expect((await client.callTool("fail"))["isError"]).toBe(true);
    expect(text(await client.callTool("sample", { prompt: "ping" }))).toBe("LLM response: pong");
    expect(text(await client.callTool("elicit", { message: "?" }))).toContain("action=accept");
    expect(text(await client.callTool("big", { bytes: 300_000 }))).toHaveLength(300_000);
    await client.request("resources/read", { uri: "test://static-text" });
    await client.request("prompts/get", { name: "test_simple_prompt" });
    expect(await client.tools()).toContain("echo");
    const unknown = await client.callTool("no-such-tool").catch((error: unknown) => error);
    expect(unknown).toMatchObject(kind === "v1" || kind === "v2 with sessions" ? {} : { code: -32602 });

    const responses = gateway.governor.calls("session/response").map(({ call }) => call);
    // What a model and a person said is for policy to see.
    expect(responses.filter(({ params }) => params !== null)).toMatchObject(
      kind === "v2 stateless"
        ? []
        : [
            { kind: "response", params: { result: { role: "assistant" } } },
            { kind: "response", params: { result: { action: "accept" } } },
          ],
    );
    const seen = gateway.governor
      .calls()
      .filter(({ call }) => call.kind !== "response")
      .map(({ call, results }) => [
        call.method,
        call.kind,
        call.target,
        results.map(({ outcome }) => outcome).join(),
      ]);
    const stateless = kind === "v2 stateless";
    const asks = stateless ? "input_required" : "ok";
    expect(seen).toEqual(
      [
        ["tools/call", "tool", "echo", "ok"],
        ["tools/call", "tool", "fail", "tool_error"],
        ["tools/call", "tool", "sample", asks],
        ...(stateless ? [["tools/call", "tool", "sample", "ok"]] : []),
        ["tools/call", "tool", "elicit", asks],
        ...(stateless ? [["tools/call", "tool", "elicit", "ok"]] : []),
        ["tools/call", "tool", "big", "ok"],
        ["resources/read", "resource", "test://static-text", "ok"],
        ["prompts/get", "prompt", "test_simple_prompt", "ok"],
        ["tools/list", "listing", null, "ok"],
        ["tools/call", "tool", "no-such-tool", expect.stringMatching(/protocol_error|tool_error/)],
      ].map((row) => row),
    );
    const echo = gateway.governor.calls("tools/call")[0];
    expect(echo?.call).toMatchObject({
      server: "everything",
      arguments: { text: "hé" },
      protocolVersion: stateless ? "2026-07-28" : "2025-11-25",
    });
    expect(echo?.call.sessionId ?? "none").toMatch(stateless ? /^none$/ : /^[\w-]{22}$/);
    expect(echo?.results[0]?.result).toMatchObject({ content: [{ type: "text", text: "hé" }] });
    const big = gateway.governor.calls("tools/call").find(({ call }) => call.target === "big");
    expect(big?.results[0]).not.toHaveProperty("result");
    const open = gateway.governor.decided.filter(({ results }) => results.length !== 1);
    expect(open.filter(({ call }) => call.method !== "session/stream")).toEqual([]);
    expect(gateway.observer.of("requestRefused")).toEqual([]);
    expect(gateway.observer.of("malformedUpstream")).toEqual([]);
  });

  it("sees a denial as an error with its reason and audit id, and its session goes on", async () => {
    const gateway = await gatewayWith({
      deny: ({ target }) => (target === "add" ? "denied_by_policy" : null),
    });
    const client = await connect(kind, gateway, "bob");
    const denied = await client.callTool("add", { a: 1, b: 2 }).catch((error: unknown) => error);
    const auditId = gateway.governor.calls("tools/call")[0]?.auditId;
    expect(denied).toMatchObject({
      code: ERROR_CODES.access_denied,
      message: expect.stringContaining(`bob may not do this. (audit id ${auditId})`),
      data: { reason_code: "denied_by_policy", audit_id: auditId, correlation_id: "correlation-bob" },
    });
    expect(server.requests().filter(({ target }) => target === "add")).toEqual([]);
    expect(text(await client.callTool("echo", { text: "still here" }))).toBe("still here");
  });

  it.each([
    ["policy_unavailable", ERROR_CODES.governance_unavailable],
    ["audit_unavailable", ERROR_CODES.governance_unavailable],
    ["rate_limited", ERROR_CODES.limit_reached],
    ["whatever_comes_next", ERROR_CODES.access_denied],
  ])("sees %s as %i", async (reason, code) => {
    const gateway = await gatewayWith({ deny: ({ kind }) => (kind === "tool" ? reason : null) });
    const client = await connect(kind, gateway);
    await expect(client.callTool("echo", { text: "x" })).rejects.toMatchObject({
      code,
      data: { reason_code: reason },
    });
  });

  it("cannot connect when it may not use the server, and is told why", async () => {
    const gateway = await gatewayWith({ deny: () => "denied_by_policy" });
    const fault = await connectClient(kind, gateway.url("everything")).catch((error: unknown) => error);
    expect(String(fault)).toMatch(/may not do this|negotiation/i);
    expect(server.requests()).toEqual([]);
  });

  it("lists only what it may use", async () => {
    const hidden = new Set([
      "echo",
      "test://static-binary",
      "test_simple_prompt",
      "test://template/{id}/data",
    ]);
    const gateway = await gatewayWith({
      hide: (target, caller) => caller.principal.id === "bob" && hidden.has(target),
    });
    const alice = await connect(kind, gateway, "alice");
    const bob = await connect(kind, gateway, "bob");
    for (const list of ["tools", "prompts", "resources", "templates"] as const) {
      const all = await alice[list]();
      const some = await bob[list]();
      expect(some).toEqual(all.filter((name) => !hidden.has(name)));
      expect(some.length).toBeLessThan(all.length);
    }
  });

  it("gets events one by one: each arrives before the next one is sent", async () => {
    const gateway = await gatewayWith();
    const client = await connect(kind, gateway);
    const progress: number[] = [];
    const response = client.callTool(
      "stream",
      { count: 5, gate: "door" },
      { onprogress: (value) => void progress.push(value) },
    );
    for (const expected of [1, 2, 3, 4, 5]) {
      server.release("door");
      await vi.waitFor(() => expect(progress.at(-1)).toBe(expected));
    }
    expect(text(await response)).toBe("sent 5");
    expect(gateway.observer.of("streamClosed").filter(({ stream }) => stream === "response")).toContainEqual(
      expect.objectContaining({ end: "completed" }),
    );
  });

  it("cancels a call, and the server stops working on it", async () => {
    const gateway = await gatewayWith();
    const client = await connect(kind, gateway);
    const abort = new AbortController();
    const response = client.callTool(
      "slow",
      { ms: 60_000, steps: 6_000 },
      { signal: abort.signal, onprogress: () => abort.abort(new Error("enough")) },
    );
    await expect(response).rejects.toThrow("enough");
    await vi.waitFor(() =>
      expect(server.requests().find(({ target }) => target === "slow")?.cancelled).toBe(true),
    );
    const [slow] = gateway.governor.calls("tools/call");
    await vi.waitFor(
      () => expect(slow?.results.map(({ outcome }) => outcome)).toEqual(["cancelled"]),
      10_000,
    );
  });
});

describe.each(["v1", "v2 with sessions"] as const)("sessions of the official client %s", (kind) => {
  it("come back for a response whose stream was closed in mid-call (SEP-1699)", async () => {
    const gateway = await gatewayWith();
    const client = await connect(kind, gateway);
    expect(text(await client.callTool("test_reconnection"))).toBe("You came back");
    const [call] = gateway.governor.calls("tools/call");
    expect(call?.results.map(({ outcome }) => outcome)).toEqual(["ok"]);
  });

  it("end when the client says so", async () => {
    const gateway = await gatewayWith();
    const client = await connect(kind, gateway);
    await client.callTool("echo", { text: "x" });
    expect(client.sessionId()).toMatch(/^[0-9a-f-]{36}\.[0-9a-z]{6}\.[\w-]{22}$/);
    expect(server.sessions()).toBe(1);
    await client.terminate();
    expect(server.sessions()).toBe(0);
    expect(gateway.governor.calls("session/delete").map(({ results }) => results)).toEqual([
      [{ outcome: "ok" }],
    ]);
  });

  it("work through any replica that has the key, and are unknown to all others", async () => {
    const sessionKey = Buffer.alloc(32, 7);
    const [one, two] = await Promise.all(
      [1, 2].map(() => testGateway({ upstreams: { everything: server.url, other: server.url }, sessionKey })),
    );
    if (one === undefined || two === undefined) {
      throw new Error("no replicas");
    }
    const client = await connect(kind, one);
    const id = client.sessionId() ?? "";
    const ask = (url: string, user: string, session = id) =>
      fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "mcp-session-id": session,
          "mcp-protocol-version": "2025-11-25",
          "x-user": user,
        },
        body: '{"jsonrpc":"2.0","id":99,"method":"ping"}',
      });
    const replica = await ask(two.url("everything"), "alice");
    expect(replica.status).toBe(200);
    expect(replica.headers.get("mcp-session-id")).toBe(id);
    expect(await replica.text()).toContain('"id":99');
    const upstreamId = id.slice(0, id.lastIndexOf("."));
    for (const other of [
      await ask(two.url("everything"), "bob"),
      await ask(two.url("other"), "alice"),
      await ask(two.url("everything"), "alice", upstreamId),
    ]) {
      expect(other.status).toBe(404);
      expect(await other.json()).toMatchObject({
        id: 99,
        error: { code: -32001, message: "Session not found" },
      });
    }
    expect(two.observer.of("requestRefused")).toHaveLength(3);
  });
});
