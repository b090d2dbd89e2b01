import { json, text } from "node:stream/consumers";
import { mcpServerProgram } from "@sark/testkit";
import { describe, expect, it, vi } from "vitest";
import { violationOf } from "../../../mcp-protocol/rules/violation.ts";
import { sessionRevision } from "../../../mcp-protocol/session-headers.ts";
import { failure } from "../../testing/failure.ts";
import { get, initialize, post, readEvents, remove } from "../../testing/requests.ts";
import { scripted, startStdioUpstream } from "../../testing/stdio-upstreams.ts";

const SDK_SERVER = { command: process.execPath, args: [mcpServerProgram, "--stdio"] };

const ECHO_EVERYTHING = scripted(
  `if (message.id !== undefined && message.method) respond(message, { saw: message });`,
);

/** A call as the older revisions send it. */
function call(id: string | number, name: string, args = {}, meta = {}) {
  const params = { name, arguments: args, _meta: meta };
  return { jsonrpc: "2.0", id, method: "tools/call", params } as const;
}

describe("a session of the older era over stdio", () => {
  it("runs on a real server: initialize, list, call, delete", async () => {
    await using local = startStdioUpstream(SDK_SERVER);
    const { upstream } = local;
    const session = await initialize(upstream);
    expect(session["mcp-session-id"]).toMatch(/^[A-Za-z0-9_-]{32}$/);
    const list = await upstream.exchange(post({ jsonrpc: "2.0", id: 1, method: "tools/list" }, session));
    expect(list.headers["content-type"]).toBe("application/json");
    expect(await json(list.body)).toMatchObject({ id: 1, result: { tools: expect.any(Array) } });

    const called = await upstream.exchange(post(call("c", "echo", { text: "hi" }), session));
    expect(called.headers["content-type"]).toBe("application/json");
    expect(await json(called.body)).toMatchObject({ id: "c", result: { content: [{ text: "hi" }] } });

    expect(upstream.stats()["sessions"]).toMatchObject({ size: 1, inUse: 1 });
    expect((await upstream.exchange(remove(session))).status).toBe(200);
    expect((await upstream.exchange(post({ jsonrpc: "2.0", id: 2, method: "ping" }, session))).status).toBe(
      404,
    );
    await vi.waitFor(() => expect(local.pids()).toEqual([]));
    expect(upstream.stats()["sessions"]).toMatchObject({ size: 0, inUse: 0 });
  });

  it("gives each session a process of its own", async () => {
    await using local = startStdioUpstream(ECHO_EVERYTHING);
    const [one, two] = await Promise.all([initialize(local.upstream), initialize(local.upstream)]);
    expect(one["mcp-session-id"]).not.toBe(two["mcp-session-id"]);
    expect(new Set(local.pids()).size).toBe(2);
  });

  it("passes a message's own bytes on, on one line", async () => {
    await using local = startStdioUpstream(ECHO_EVERYTHING);
    const session = await initialize(local.upstream);
    const body = Buffer.from('{\n "jsonrpc": "2.0",\r\n "id": 5, "method": "x/y", "params": {"n": 1}\n}\n');
    const request = post({ jsonrpc: "2.0", id: 5, method: "x/y", params: { n: 1 } }, session);
    const response = await local.upstream.exchange({ ...request, body });
    expect(await json(response.body)).toMatchObject({ id: 5, result: { saw: { params: { n: 1 } } } });
  });

  it("sends progress on the stream of its call, before the response", async () => {
    await using local = startStdioUpstream(SDK_SERVER);
    const session = await initialize(local.upstream);
    const calls = await Promise.all(
      ["a", "b"].map(async (id) => {
        const meta = { progressToken: `token-${id}` };
        const request = post(call(id, "stream", { count: 3, ms: 1 }, meta), session);
        return readEvents((await local.upstream.exchange(request)).body);
      }),
    );
    for (const [at, id] of ["a", "b"].entries()) {
      await calls[at]!.untilEnd();
      const seen = calls[at]!.events.flatMap(({ data }) => data ?? []);
      expect(seen).toMatchObject([
        { params: { progressToken: `token-${id}`, progress: 1 } },
        { params: { progressToken: `token-${id}`, progress: 2 } },
        { params: { progressToken: `token-${id}`, progress: 3 } },
        { id, result: {} },
      ]);
    }
  });

  it("carries a server's request to the client and the response back", async () => {
    const asking = scripted(`
      if (message.method === "tools/call") { globalThis.call = message; send({ jsonrpc: "2.0", id: "q1", method: "roots/list" }); }
      if (message.id === "q1") respond(globalThis.call, { roots: message.result.roots });`);
    await using local = startStdioUpstream(asking);
    const session = await initialize(local.upstream);
    const events = readEvents((await local.upstream.exchange(post(call(1, "ask"), session))).body);
    await events.find((data) => data["method"] === "roots/list");
    const response = post({ jsonrpc: "2.0", id: "q1", result: { roots: [] } }, session);
    const accepted = await local.upstream.exchange(response);
    expect(accepted.status).toBe(202);
    expect(await text(accepted.body)).toBe("");
    expect(await events.find((data) => data["id"] === 1)).toMatchObject({ result: { roots: [] } });
  });

  it("prefers a stream that a client reads for a server's request, and cancels it on the same one", async () => {
    const asking = scripted(`
      if (message.method === "ping") {
        send({ jsonrpc: "2.0", id: "q1", method: "roots/list" });
        send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "q1" } });
        respond(message, {});
      }`);
    await using local = startStdioUpstream(asking, { streamAfterMs: 1 });
    const session = await initialize(local.upstream);
    const ping = (id: number) =>
      local.upstream.exchange(post({ jsonrpc: "2.0", id, method: "ping" }, session));
    const both = async (stream: ReturnType<typeof readEvents>) => {
      await stream.find((data) => data["method"] === "roots/list");
      await stream.find((data) => data["method"] === "notifications/cancelled");
    };
    const older = readEvents((await local.upstream.exchange(post(call(1, "forever"), session))).body);
    const newer = await local.upstream.exchange(post(call(2, "forever"), session));
    newer.body.destroy();
    await ping(3);
    await both(older);
    const last = await local.upstream.exchange(post(call(4, "forever"), session));
    await ping(5);
    await both(readEvents(last.body));
    expect(older.events.filter(({ data }) => data?.["method"] === "roots/list")).toHaveLength(1);
  });

  it("sends what belongs to no call on the standalone stream, and keeps it until that is opened", async () => {
    const chatty = scripted(`
      if (message.method === "notifications/initialized") send({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
      if (message.method === "ping") { send({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "later" } }); respond(message, {}); }`);
    await using local = startStdioUpstream(chatty);
    const session = await initialize(local.upstream);
    const opened = await local.upstream.exchange(get(session));
    expect(opened.status).toBe(200);
    const events = readEvents(opened.body);
    await events.find((data) => data["method"] === "notifications/tools/list_changed");
    expect((await local.upstream.exchange(get(session))).status).toBe(409);
    await local.upstream.exchange(post({ jsonrpc: "2.0", id: 1, method: "ping" }, session));
    await events.find((data) => data["method"] === "notifications/message");
    await local.upstream.exchange(remove(session));
    await events.untilEnd();
  });

  it("splits a batch and merges its responses", async () => {
    await using local = startStdioUpstream(ECHO_EVERYTHING);
    const session = await initialize(local.upstream, "2025-03-26");
    const batch = [
      { jsonrpc: "2.0", id: 1, method: "tools/list" },
      { jsonrpc: "2.0", method: "notifications/x" },
      { jsonrpc: "2.0", id: 2, method: "ping" },
    ] as const;
    const listed = await local.upstream.exchange(post(batch, session));
    expect(await json(listed.body)).toMatchObject([{ id: 1 }, { id: 2 }]);
    const one = await local.upstream.exchange(post([batch[0]], session));
    expect(await json(one.body)).toMatchObject([{ id: 1 }]);
    const streamed = await local.upstream.exchange(post([...batch, call(3, "x")], session));
    const events = readEvents(streamed.body);
    await events.untilEnd();
    expect(events.events.map(({ data }) => data?.["id"])).toEqual([1, 2, 3]);
  });

  it("responds as JSON where the client accepts nothing else", async () => {
    await using local = startStdioUpstream(SDK_SERVER);
    const session = await initialize(local.upstream);
    const headers = { ...session, accept: "application/json" };
    const response = await local.upstream.exchange(post(call(1, "echo", { text: "x" }), headers));
    expect(await json(response.body)).toMatchObject({ id: 1, result: { content: [{ text: "x" }] } });
    expect((await local.upstream.exchange(get(headers))).status).toBe(406);
  });

  it("ends a call that the client cancels, and tells the server", async () => {
    await using local = startStdioUpstream(
      scripted(
        `if (message.method === "notifications/cancelled") process.stderr.write("told " + message.params.requestId + "\\n");`,
      ),
      { streamAfterMs: 1 },
    );
    const session = await initialize(local.upstream);
    const events = readEvents((await local.upstream.exchange(post(call(7, "forever"), session))).body);
    const params = { requestId: 7, reason: "enough" };
    await local.upstream.exchange(
      post({ jsonrpc: "2.0", method: "notifications/cancelled", params }, session),
    );
    await events.untilEnd();
    expect(events.events.at(-1)?.data).toMatchObject({ id: 7, error: { code: -32000 } });
    await vi.waitFor(() => expect(local.events).toContainEqual(expect.objectContaining({ line: "told 7" })));
  });
});

describe("requests that a session refuses", () => {
  it("responds with 400 without a session id, 404 with an unknown one, 400 for ids in use", async () => {
    await using local = startStdioUpstream(ECHO_EVERYTHING);
    const ping = { jsonrpc: "2.0", id: 1, method: "ping" } as const;
    expect((await local.upstream.exchange(post(ping))).status).toBe(400);
    expect((await local.upstream.exchange(get({}))).status).toBe(400);
    expect((await local.upstream.exchange(post(ping, { "mcp-session-id": "made-up" }))).status).toBe(404);
    expect((await local.upstream.exchange(remove({ "mcp-session-id": "made-up" }))).status).toBe(404);
    const session = await initialize(local.upstream);
    const twice = await local.upstream.exchange(post([ping, ping], session));
    expect(twice.status).toBe(400);
    expect(await json(twice.body)).toMatchObject({ id: 1, error: { code: -32600 } });
    const again = { jsonrpc: "2.0", id: 9, method: "initialize", params: {} } as const;
    expect((await local.upstream.exchange(post(again, session))).status).toBe(400);
    expect((await local.upstream.exchange(post([], session))).status).toBe(400);
  });

  it.each(["1999-01-01", "2024-10-07", "draft"])(
    "refuses the revision %s as the MCP endpoint does, and names those it speaks",
    async (requested) => {
      await using local = startStdioUpstream(scripted(""));
      const session = await initialize(local.upstream);
      const headers = { ...session, "mcp-protocol-version": requested };
      const expected = violationOf(() => sessionRevision(headers));
      const ping = { jsonrpc: "2.0", id: 1, method: "ping" } as const;
      for (const request of [post(ping, headers), get(headers), remove(headers)]) {
        const refused = await local.upstream.exchange(request);
        expect(refused.status).toBe(400);
        const { code, message, data } = expected ?? {};
        expect(await json(refused.body)).toMatchObject({ error: { code, message, data } });
        expect(message).toContain("2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05");
      }
    },
  );

  it("refuses more requests in flight than configured", async () => {
    await using local = startStdioUpstream(scripted(""), { inFlight: 2, streamAfterMs: 1 });
    const session = await initialize(local.upstream);
    await local.upstream.exchange(post(call(1, "x"), session));
    await local.upstream.exchange(post(call(2, "x"), session));
    expect((await failure(local.upstream.exchange(post(call(3, "x"), session)))).code).toBe(
      "upstream_overloaded",
    );
  });

  it("leaves no session when the server refuses to initialize", async () => {
    const refusing = {
      command: process.execPath,
      args: [
        "-e",
        `process.stdin.once("data", () => console.log('{"jsonrpc":"2.0","id":"init","error":{"code":-32602,"message":"no"}}'))`,
      ],
    };
    await using local = startStdioUpstream(refusing);
    await expect(initialize(local.upstream)).rejects.toThrow(/no session/);
    await vi.waitFor(() => expect(local.pids()).toEqual([]));
    expect(local.upstream.stats()["sessions"]).toMatchObject({ size: 0, inUse: 0 });
  });
});

describe("an id whose request was cancelled", () => {
  it("is not free before the server's late response, which is that to no other request", async () => {
    const late = scripted(`
      if (message.method === "tools/call") globalThis.call = message;
      if (message.method === "ping") { if (globalThis.call) respond(globalThis.call, { of: "the cancelled call" }); globalThis.call = null; respond(message, {}); }`);
    await using local = startStdioUpstream(late, { streamAfterMs: 1 });
    const session = await initialize(local.upstream);
    const cancelled = await local.upstream.exchange(post(call(7, "slow"), session));
    const params = { requestId: 7 };
    await local.upstream.exchange(
      post({ jsonrpc: "2.0", method: "notifications/cancelled", params }, session),
    );
    await readEvents(cancelled.body).untilEnd();
    const again = await local.upstream.exchange(post({ jsonrpc: "2.0", id: 7, method: "ping" }, session));
    expect([again.status, await json(again.body)]).toMatchObject([400, { id: 7, error: { code: -32600 } }]);
    await local.upstream.exchange(post({ jsonrpc: "2.0", id: 8, method: "ping" }, session));
    const free = await local.upstream.exchange(post({ jsonrpc: "2.0", id: 7, method: "ping" }, session));
    expect(await json(free.body)).toEqual({ jsonrpc: "2.0", id: 7, result: {} });
  });
});
