import { json } from "node:stream/consumers";
import { mcpServerProgram } from "@sark/testkit";
import { describe, expect, it, vi } from "vitest";
import { failure } from "../../testing/failure.ts";
import { get, initialize, post, readEvents, statelessPost } from "../../testing/requests.ts";
import { scripted, startStdioUpstream } from "../../testing/stdio-upstreams.ts";

const SDK_SERVER = { command: process.execPath, args: [mcpServerProgram, "--stdio"] };
const SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId";
/** Responds to calls with what it was sent, when the call `go` comes, in reverse order. */
const REVERSING = scripted(`
  globalThis.calls ??= [];
  if (message.method !== "tools/call") return;
  if (message.params.name !== "go") return globalThis.calls.push(message);
  for (const call of [...globalThis.calls.reverse(), message]) respond(call, { saw: call });`);

describe("the process that callers of the stateless era share", () => {
  it("runs on a real server, in one process beside those of sessions", async () => {
    await using local = startStdioUpstream(SDK_SERVER);
    const { upstream } = local;
    const discovered = await upstream.exchange(statelessPost("d", "server/discover"));
    expect(discovered.status).toBe(200);
    expect(await json(discovered.body)).toMatchObject({
      id: "d",
      result: { supportedVersions: ["2026-07-28"] },
    });
    const call = statelessPost(7, "tools/call", { name: "echo", arguments: { text: "hi" } });
    const called = await upstream.exchange(call);
    expect(called.headers["content-type"]).toBe("application/json");
    expect(await json(called.body)).toMatchObject({ id: 7, result: { content: [{ text: "hi" }] } });
    await initialize(upstream);
    expect(local.pids()).toHaveLength(2);
    expect(upstream.stats()).toMatchObject({ shared: { size: 1, inUse: 0 }, sessions: { size: 1 } });
  });

  it("keeps callers apart who use the same ids and progress tokens", async () => {
    await using local = startStdioUpstream(SDK_SERVER);
    const calls = await Promise.all(
      [2, 3, 4].map(async (count) => {
        const params = { name: "stream", arguments: { count, ms: 1 } };
        const response = await local.upstream.exchange(
          statelessPost(1, "tools/call", params, { progressToken: "t" }),
        );
        expect(response.headers["content-type"]).toBe("text/event-stream");
        return { count, events: readEvents(response.body) };
      }),
    );
    for (const { count, events } of calls) {
      await events.untilEnd();
      const seen = events.events.map(({ data }) => data);
      const progress = Array.from({ length: count }, (_, at) => ({
        params: { progressToken: "t", progress: at + 1, total: count },
      }));
      expect(seen).toMatchObject([...progress, { id: 1, result: { content: [{ text: `sent ${count}` }] } }]);
    }
  });

  it("gives each request an id of its own and restores the caller's, in whatever order responses come", async () => {
    await using local = startStdioUpstream(REVERSING);
    const send = async (id: string | number, name: string) => {
      const request = statelessPost(id, "tools/call", { name }, { progressToken: id });
      return json((await local.upstream.exchange(request)).body);
    };
    await local.upstream.exchange(statelessPost("warm", "server/discover"));
    const first = send("x", "a");
    const second = send("x", "b");
    const responses = await Promise.all([first, second, send("x", "go")]);
    expect(responses).toMatchObject([
      { id: "x", result: { saw: { params: { name: "a" } } } },
      { id: "x", result: { saw: { params: { name: "b" } } } },
      { id: "x", result: { saw: { params: { name: "go" } } } },
    ]);
    const inner = responses
      .map((response) => JSON.stringify(response))
      .map((text) => /"saw":\{[^}]*?"id":(\d+)/.exec(text)?.[1]);
    expect(new Set(inner).size).toBe(3);
    expect(inner).not.toContain(undefined);
  });

  it("tells the server when a caller leaves, by the id that it knows", async () => {
    await using local = startStdioUpstream(
      scripted(`
        if (message.method === "tools/call") { process.stderr.write("called " + message.id + "\\n"); if (message.params._meta.progressToken !== undefined) send({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: message.params._meta.progressToken, progress: 1 } }); }
        if (message.method === "notifications/cancelled") { process.stderr.write("cancelled " + message.params.requestId + "\\n"); send({ jsonrpc: "2.0", id: message.params.requestId, result: {} }); }`),
    );
    const lines = () => local.events.flatMap((event) => (event.type === "stderr" ? event.line : []));
    const abort = new AbortController();
    const waiting = failure(
      local.upstream.exchange(statelessPost("q", "tools/call", { name: "x" }, {}, abort.signal)),
    );
    await vi.waitFor(() => expect(lines()).toEqual(["called 1"]));
    abort.abort();
    expect((await waiting).code).toBe("cancelled");
    const streaming = await local.upstream.exchange(
      statelessPost("q", "tools/call", { name: "x" }, { progressToken: 5 }),
    );
    streaming.body.destroy();
    await vi.waitFor(() => expect(lines()).toEqual(["called 1", "cancelled 1", "called 2", "cancelled 2"]));
    expect(local.upstream.stats()["shared"]).toMatchObject({ inUse: 0 });
    const unrouted = { type: "unrouted", kind: "response", method: null, excerpt: null };
    await vi.waitFor(() =>
      expect(local.events.filter(({ type }) => type === "unrouted")).toEqual([unrouted, unrouted]),
    );
  });

  it("routes subscriptions to who listens, under the id that they chose", async () => {
    await using local = startStdioUpstream(SDK_SERVER);
    const { upstream } = local;
    const filter = { notifications: { toolsListChanged: true } };
    const [one, two] = await Promise.all(
      ["s", "s"].map(async (id) =>
        readEvents((await upstream.exchange(statelessPost(id, "subscriptions/listen", filter))).body),
      ),
    );
    for (const listener of [one!, two!]) {
      await listener.find((data) => data["method"] === "notifications/subscriptions/acknowledged");
    }
    const call = statelessPost(1, "tools/call", { name: "test_trigger_tool_change", arguments: {} });
    await upstream.exchange(call);
    for (const listener of [one!, two!]) {
      const changed = await listener.find((data) => data["method"] === "notifications/tools/list_changed");
      expect(changed).toMatchObject({ params: { _meta: { [SUBSCRIPTION_ID]: "s" } } });
    }
    expect(upstream.stats()["shared"]).toMatchObject({ inUse: 2 });
  });

  it("ends a subscription that the server ends", async () => {
    await using local = startStdioUpstream(
      scripted(`
        if (message.method === "subscriptions/listen") {
          send({ jsonrpc: "2.0", method: "notifications/subscriptions/acknowledged", params: { notifications: {}, _meta: { "${SUBSCRIPTION_ID}": message.id } } });
          send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: message.id } });
        }`),
    );
    const request = statelessPost("s", "subscriptions/listen", { notifications: {} });
    const events = readEvents((await local.upstream.exchange(request)).body);
    await events.untilEnd();
    expect(events.events).toMatchObject([{ data: { params: { _meta: { [SUBSCRIPTION_ID]: "s" } } } }]);
    expect(local.upstream.stats()["shared"]).toMatchObject({ inUse: 0 });
  });

  it("gives errors the status that Streamable HTTP has for them", async () => {
    await using local = startStdioUpstream(SDK_SERVER);
    const { upstream } = local;
    const outcome = async (request: Parameters<typeof upstream.exchange>[0]) => {
      const { status, body } = await upstream.exchange(request);
      return { status, body: await json(body) };
    };
    expect(await outcome(statelessPost(1, "no/such"))).toMatchObject({
      status: 404,
      body: { id: 1, error: { code: -32601 } },
    });
    expect(await outcome(statelessPost(2, "initialize"))).toMatchObject({
      status: 404,
      body: { id: 2, error: { code: -32601 } },
    });
    expect(await outcome(statelessPost(3, "tools/call", { name: "nope" }))).toMatchObject({
      status: 200,
      body: { error: { code: -32602 } },
    });
    const version = { "io.modelcontextprotocol/protocolVersion": "2099-01-01" };
    expect(await outcome(statelessPost(4, "tools/list", {}, version))).toMatchObject({
      status: 400,
      body: { error: { code: -32022 } },
    });
    const bare = post(
      { jsonrpc: "2.0", id: 5, method: "tools/list" },
      { "mcp-protocol-version": "2026-07-28" },
    );
    expect(await outcome(bare)).toMatchObject({
      status: 400,
      body: { id: 5, error: { code: -32602, data: { envelope: { missing: ["_meta"] } } } },
    });
    const [first] = statelessPost(6, "tools/list").messages!;
    expect(await outcome(post([first!, first!], {}))).toMatchObject({
      status: 400,
      body: { error: { code: -32600 } },
    });
    const headers = { "mcp-protocol-version": "2026-07-28" };
    const refused = await upstream.exchange(get(headers));
    expect(refused).toMatchObject({ status: 405, headers: { allow: "POST" } });
    expect(
      (await upstream.exchange(post({ jsonrpc: "2.0", method: "notifications/x" }, headers))).status,
    ).toBe(202);
    expect(local.pids()).toHaveLength(1);
  });

  it("refuses the stateless revision for a server that does not speak it, and starts nothing again for it", async () => {
    const source = `if (message.id !== undefined) send({ jsonrpc: "2.0", id: message.id, error: { code: -32601, message: "?" } });`;
    await using local = startStdioUpstream(scripted(source, false));
    for (const id of [1, 2]) {
      const response = await local.upstream.exchange(statelessPost(id, "server/discover"));
      expect(response.status).toBe(400);
      expect(await json(response.body)).toMatchObject({ id, error: { code: -32022 } });
    }
    await vi.waitFor(() => expect(local.pids()).toEqual([]));
    expect(local.events.filter(({ type }) => type === "process_started")).toHaveLength(1);
  });
});
