import { describe, expect, it } from "vitest";
import { ask, bodyOf, BOTH, ENVELOPE, jsonOf, statelessHeaders, type Asked } from "./testing/ask.ts";
import { eventStream, resultOf, scriptedUpstream } from "./testing/scripted-upstream.ts";
import { type TestGateway, type TestGatewayOptions } from "./testing/start-gateway.ts";
import { scriptedGateway } from "./testing/test-gateway.ts";

async function gatewayWith(options: Partial<TestGatewayOptions> = {}) {
  const { gateway, upstream } = await scriptedGateway(
    ({ message }) => ({
      body: JSON.stringify(resultOf(message["id"])),
    }),
    { ...options },
  );
  return { gateway, upstream };
}

const ping = (id: unknown = 1) => ({ jsonrpc: "2.0", id, method: "ping" });
const call = (params: object = { name: "add", arguments: {} }) => ({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params,
});
const stateless = (params: object = { name: "add" }) => call({ ...params, _meta: ENVELOPE });
const callHeaders = statelessHeaders("tools/call", "add");

interface ErrorResponse {
  id: unknown;
  error: { code: number; message: string; data: Record<string, unknown> };
}

async function expectRefusal(gateway: TestGateway, asked: Asked) {
  const response = await ask(gateway, asked);
  const { id, error } = await jsonOf<ErrorResponse>(response);
  const events = gateway.observer.of("requestRefused");
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({ status: response.status, errorType: error.data["reason_code"] });
  expect(error.data["correlation_id"]).toBe("correlation-alice");
  return {
    status: response.status,
    code: error.code,
    reason: error.data["reason_code"],
    id,
    error,
    headers: response.headers,
  };
}

describe("bad input to the MCP endpoint", () => {
  it.each<[string, Asked, object]>([
    [
      "an unknown server",
      { server: "nope", body: ping() },
      { status: 404, code: -32014, reason: "unknown_server", id: null },
    ],
    [
      "malformed JSON",
      { body: '{"jsonrpc"' },
      { status: 400, code: -32700, reason: "malformed_json", id: null },
    ],
    ["an empty body", {}, { status: 400, code: -32700, reason: "malformed_json", id: null }],
    [
      "another content type",
      { body: ping(), headers: { "content-type": "text/plain" } },
      { status: 415, code: -32000, reason: "unsupported_media_type", id: null },
    ],
    [
      "no content type",
      { body: ping(), headers: { "content-type": undefined } },
      { status: 415, code: -32000 },
    ],
    [
      "a packed body",
      { body: ping(), headers: { "content-encoding": "gzip" } },
      { status: 415, code: -32000 },
    ],
    [
      "no Accept",
      { body: ping(), headers: { accept: undefined } },
      { status: 406, code: -32000, reason: "not_acceptable", id: 1 },
    ],
    [
      "half an Accept",
      { body: ping(), headers: { accept: "application/json" } },
      { status: 406, code: -32000 },
    ],
    [
      "a GET without Accept",
      { method: "GET", headers: { accept: "application/json" } },
      { status: 406, code: -32000, id: null },
    ],
    [
      "an unsupported HTTP method",
      { method: "PUT", body: ping() },
      { status: 405, code: -32000, reason: "method_not_allowed", headers: { allow: "GET, POST, DELETE" } },
    ],
    [
      "params as an array",
      { body: { ...call(), params: ["add"] } },
      { status: 400, code: -32600, reason: "invalid_message", id: 1 },
    ],
    [
      "an id with NUL, which no record can have [GTW-12]",
      { body: { ...call(), id: "a\u0000b" } },
      { status: 400, code: -32600, reason: "invalid_id", id: null },
    ],
    ["id null", { body: ping(null) }, { status: 400, code: -32600, reason: "invalid_id", id: null }],
    [
      "a key twice",
      { body: '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}' },
      { status: 400, code: -32600, reason: "duplicate_key", id: 1 },
    ],
    [
      "a method in other letters",
      { body: { ...call(), method: "Tools/Call" } },
      { status: 400, code: -32600, reason: "invalid_method", id: 1 },
    ],
    [
      "a call that names nothing",
      { body: call({}) },
      { status: 200, code: -32602, reason: "invalid_params", id: 1 },
    ],
    [
      "a name with a control character",
      { body: call({ name: "a\u0000" }) },
      { status: 200, code: -32602, id: 1 },
    ],
    ["an over-long name", { body: call({ name: "a".repeat(300) }) }, { status: 200, code: -32602, id: 1 }],
    ["an empty batch", { body: [] }, { status: 400, code: -32600, reason: "batch_invalid", id: null }],
    [
      "a batch where there are none",
      { body: [ping()], headers: { "mcp-protocol-version": "2025-06-18" } },
      { status: 400, code: -32600, reason: "batch_not_allowed" },
    ],
    [
      "a stateless batch",
      { body: [stateless()] },
      { status: 400, code: -32600, reason: "batch_not_allowed" },
    ],
    [
      "an id twice in a batch",
      { body: [ping(), ping()] },
      { status: 400, code: -32600, reason: "duplicate_id" },
    ],
    [
      "an unknown revision with sessions",
      { body: ping(), headers: { "mcp-protocol-version": "1999-01-01" } },
      { status: 400, code: -32000, reason: "unsupported_version", id: 1 },
    ],
    [
      "the same on a GET",
      { method: "GET", headers: { "mcp-protocol-version": "1999-01-01" } },
      { status: 400, code: -32000 },
    ],
    [
      "the same on a DELETE",
      { method: "DELETE", headers: { "mcp-protocol-version": "1999-01-01" } },
      { status: 400, code: -32000 },
    ],
    [
      "a draft that was never published, which SDKs offer",
      { body: ping(), headers: { "mcp-protocol-version": "2024-10-07" } },
      { status: 400, code: -32000, reason: "unsupported_version", id: 1 },
    ],
    [
      "the same on a GET",
      { method: "GET", headers: { "mcp-protocol-version": "2024-10-07" } },
      { status: 400, code: -32000 },
    ],
    [
      "a revision that is no date",
      { body: ping(), headers: { "mcp-protocol-version": "draft" } },
      { status: 400, code: -32000, reason: "unsupported_version", id: 1 },
    ],
    [
      "a session that was never opened",
      { body: ping(), headers: { "mcp-session-id": "x.y" } },
      { status: 404, code: -32001, reason: "unknown_session", id: 1 },
    ],
    [
      "the same on a GET",
      { method: "GET", headers: { "mcp-session-id": "x" } },
      { status: 404, code: -32001 },
    ],
    [
      "the same on a DELETE",
      { method: "DELETE", headers: { "mcp-session-id": "x" } },
      { status: 404, code: -32001 },
    ],
    [
      "a broken Last-Event-ID",
      { method: "GET", headers: { "last-event-id": "x".repeat(2_000) } },
      { status: 400, code: -32000, reason: "invalid_event_id" },
    ],
    [
      "a GET in 2026-07-28",
      { method: "GET", headers: { "mcp-protocol-version": "2026-07-28" } },
      { status: 405, code: -32000, headers: { allow: "POST" } },
    ],
    [
      "a response in 2026-07-28",
      { body: { jsonrpc: "2.0", id: 1, result: {} }, headers: statelessHeaders("x") },
      { status: 400, code: -32600 },
    ],
    [
      "no version header",
      { body: stateless(), headers: { ...callHeaders, "mcp-protocol-version": undefined } },
      { status: 400, code: -32020, reason: "header_mismatch", id: 1 },
    ],
    [
      "no Mcp-Method",
      { body: stateless(), headers: { ...callHeaders, "mcp-method": undefined } },
      { status: 400, code: -32020 },
    ],
    [
      "another Mcp-Method",
      { body: stateless(), headers: { ...callHeaders, "mcp-method": "ping" } },
      { status: 400, code: -32020 },
    ],
    [
      "Mcp-Method twice",
      { body: stateless(), headers: { ...callHeaders, "mcp-method": ["tools/call", "tools/call"] as never } },
      { status: 400, code: -32020 },
    ],
    [
      "no Mcp-Name",
      { body: stateless(), headers: { ...callHeaders, "mcp-name": undefined } },
      { status: 400, code: -32020 },
    ],
    [
      "another Mcp-Name",
      { body: stateless(), headers: { ...callHeaders, "mcp-name": "rm" } },
      { status: 400, code: -32020, id: 1 },
    ],
    [
      "a badly packed Mcp-Name",
      { body: stateless(), headers: { ...callHeaders, "mcp-name": "=?base64?YWRk=?=" } },
      { status: 400, code: -32020 },
    ],
    [
      "another version in the body",
      { body: stateless(), headers: { ...callHeaders, "mcp-protocol-version": "2025-11-25" } },
      { status: 400, code: -32020 },
    ],
    [
      "initialize under a stateless header",
      {
        body: { jsonrpc: "2.0", id: 1, method: "initialize", params: {} },
        headers: { "mcp-protocol-version": "2026-07-28" },
      },
      { status: 400, code: -32020 },
    ],
    [
      "a notification under another Mcp-Method",
      { body: { jsonrpc: "2.0", method: "notifications/x" }, headers: statelessHeaders("notifications/y") },
      { status: 400, code: -32020 },
    ],
    [
      "no envelope",
      { body: call(), headers: callHeaders },
      { status: 400, code: -32602, reason: "missing_envelope", id: 1 },
    ],
    [
      "an envelope without a version",
      { body: call({ name: "add", _meta: {} }), headers: callHeaders },
      { status: 400, code: -32602 },
    ],
    [
      "an envelope whose version is no text",
      {
        body: call({ name: "add", _meta: { ...ENVELOPE, "io.modelcontextprotocol/protocolVersion": 1 } }),
        headers: callHeaders,
      },
      { status: 400, code: -32602 },
    ],
  ])(
    "refuses %s as the SDKs do, with one event, and nothing goes upstream",
    async (_what, asked, expected) => {
      const { gateway, upstream } = await gatewayWith();
      expect(await expectRefusal(gateway, asked)).toMatchObject(expected);
      expect(upstream.sent).toEqual([]);
      expect(gateway.governor.decided).toEqual([]);
      // The gateway is none the worse for it.
      expect((await ask(gateway, { body: ping() })).status).toBe(200);
    },
  );

  it("names the revisions it knows in the era's own way", async () => {
    const { gateway } = await gatewayWith();
    const unknown = call({ name: "add", _meta: { "io.modelcontextprotocol/protocolVersion": "2099-01-01" } });
    const modern = await ask(gateway, {
      body: unknown,
      headers: { ...callHeaders, "mcp-protocol-version": "2099-01-01" },
    });
    expect(modern.status).toBe(400);
    expect(await jsonOf(modern)).toMatchObject({
      id: 1,
      error: { code: -32022, data: { supported: ["2026-07-28"], requested: "2099-01-01" } },
    });
    const older = await ask(gateway, { body: ping(), headers: { "mcp-protocol-version": "1999-01-01" } });
    expect(await bodyOf(older)).toContain(
      "supported versions: 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05",
    );
  });

  it("does not repeat more of the caller's text than it must", async () => {
    const { gateway } = await gatewayWith();
    const response = await ask(gateway, {
      body: stateless(),
      headers: { ...callHeaders, "mcp-name": "x".repeat(10_000) },
    });
    expect((await bodyOf(response)).length).toBeLessThan(2_000);
  });

  it("takes a wrapped or padded Mcp-Name for what it means", async () => {
    const { gateway, upstream } = await gatewayWith();
    for (const name of ["  add ", "=?base64?YWRk?="]) {
      const response = await ask(gateway, {
        body: stateless(),
        headers: { ...callHeaders, "mcp-name": name },
      });
      expect(response.status).toBe(200);
    }
    expect(upstream.sent).toHaveLength(2);
  });

  it("does not confuse a client that accepts everything", async () => {
    const { gateway, upstream } = await gatewayWith();
    expect((await ask(gateway, { body: ping(), headers: { accept: "*/*" } })).status).toBe(200);
    expect(upstream.sent[0]?.headers["accept"]).toBe(BOTH.accept);
  });

  it("refuses an id that is still in flight in its session, and takes it again afterwards", async () => {
    const release = Promise.withResolvers<void>();
    const upstream = scriptedUpstream("s", async ({ message }) => {
      if (message["method"] === "initialize") {
        return { headers: { "mcp-session-id": "up" }, body: JSON.stringify(resultOf(0)) };
      }
      await release.promise;
      return { body: JSON.stringify(resultOf(message["id"])) };
    });
    const { gateway } = await gatewayWith({ upstreams: { s: upstream } });
    const opened = await ask(gateway, { body: { jsonrpc: "2.0", id: 0, method: "initialize", params: {} } });
    const headers = { "mcp-session-id": opened.headers["mcp-session-id"] };
    const first = ask(gateway, { body: call(), headers });
    const second = await expectRefusal(gateway, { body: call(), headers });
    expect(second).toMatchObject({ status: 400, code: -32600, reason: "duplicate_id", id: 1 });
    release.resolve();
    expect((await first).status).toBe(200);
    expect((await ask(gateway, { body: call(), headers })).status).toBe(200);
    expect(gateway.governor.calls("tools/call").map(({ results }) => results.length)).toEqual([1, 1]);
  });

  it("takes no stream from a caller whose decision failed", async () => {
    const upstream = scriptedUpstream("s", () => eventStream().response);
    let fails = true;
    const { gateway } = await gatewayWith({
      upstreams: { s: upstream },
      limits: { maxStreamsPerCaller: 1 },
      rules: { before: () => (fails ? Promise.reject(new Error("no decision")) : Promise.resolve()) },
    });
    for (let time = 0; time < 2; time += 1) {
      await expect(ask(gateway, { method: "GET" })).rejects.toThrow();
    }
    fails = false;
    const { status, body } = await ask(gateway, { method: "GET" });
    expect(status).toBe(200);
    if (body !== null && "destroy" in body) {
      body.destroy();
    }
  });

  it("limits the streams of one caller, and lets others open theirs", async () => {
    const upstream = scriptedUpstream("s", () => eventStream().response);
    const { gateway } = await gatewayWith({ upstreams: { s: upstream }, limits: { maxStreamsPerCaller: 1 } });
    const first = await ask(gateway, { method: "GET" });
    expect(first.status).toBe(200);
    expect(await expectRefusal(gateway, { method: "GET" })).toMatchObject({
      status: 429,
      reason: "too_many_streams",
    });
    const listen = await ask(gateway, {
      body: {
        jsonrpc: "2.0",
        id: 5,
        method: "subscriptions/listen",
        params: { notifications: {}, _meta: ENVELOPE },
      },
      headers: statelessHeaders("subscriptions/listen"),
    });
    expect([listen.status, await jsonOf(listen)]).toMatchObject([200, { id: 5, error: { code: -32011 } }]);
    const other = await ask(gateway, { method: "GET", user: "bob" });
    expect(other.status).toBe(200);
    for (const { body } of [first, other]) {
      if (body !== null && "destroy" in body) {
        body.destroy();
      }
    }
    const again = await ask(gateway, { method: "GET" });
    expect(again.status).toBe(200);
    if (again.body !== null && "destroy" in again.body) {
      again.body.destroy();
    }
  });
});
