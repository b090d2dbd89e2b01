import { describe, expect, it } from "vitest";
import { UpstreamError } from "../domain/upstream.ts";
import { ask, bodyOf, jsonOf, type Asked } from "./testing/ask.ts";
import { never, scriptedUpstream, type ScriptedResponse } from "./testing/scripted-upstream.ts";
import { openSession, outcomesOf, sessionGateway } from "./testing/session-gateway.ts";
import { testGateway, scriptedGateway } from "./testing/test-gateway.ts";

const CALL = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "add" } };
const HTML = { headers: { "content-type": "text/html" }, body: "<h1>nginx/1.2 on 10.0.0.7</h1>" };
const rpcError = (id: unknown, code = -32_601) =>
  JSON.stringify({ jsonrpc: "2.0", id, error: { code, message: "no" } });

async function exchanged(script: ScriptedResponse, asked: Asked = { body: CALL }) {
  const { gateway } = await scriptedGateway(() => script);
  const response = await ask(gateway, asked);
  const [decided] = gateway.governor.decided;
  return { gateway, response, results: decided?.results, auditId: decided?.auditId };
}

describe("HTTP errors of an upstream server", () => {
  it.each([
    [400, 1],
    [404, 1],
    [404, null],
    [400, undefined],
    [500, 1],
  ])("pass as they are with HTTP %i when they are JSON-RPC errors with id %s", async (status, id) => {
    const body = rpcError(id);
    const { response, results } = await exchanged({ status, body, headers: { "set-cookie": "a=b" } });
    expect([response.status, await bodyOf(response)]).toEqual([status, body]);
    expect(response.headers).not.toHaveProperty("set-cookie");
    const outcome = status < 500 ? "protocol_error" : "upstream_error";
    expect(results).toEqual([{ outcome, errorCode: -32_601, message: expect.any(String) }]);
  });

  it.each<[string, ScriptedResponse, number, number, string]>([
    ["an error about another request", { status: 400, body: rpcError(2) }, 400, -32603, "upstream_status"],
    [
      "a result with an error's status",
      { status: 400, body: '{"jsonrpc":"2.0","id":1,"result":{}}' },
      400,
      -32603,
      "upstream_status",
    ],
    ["a page", { status: 400, ...HTML }, 400, -32603, "upstream_status"],
    ["a page for what is not there", { status: 404, ...HTML }, 404, -32001, "upstream_status"],
    ["a page of a failing server", { status: 500, ...HTML }, 502, -32603, "upstream_status"],
    ["a page of a busy server", { status: 503, ...HTML }, 503, -32603, "upstream_status"],
    [
      "a page beyond all bounds",
      { status: 400, headers: { "content-type": "application/json" }, body: " ".repeat(300_000) },
      400,
      -32603,
      "upstream_status",
    ],
    ["its own log-in", { status: 401, body: rpcError(1) }, 502, -32603, "upstream_refused"],
    ["its own ban", { status: 403, body: rpcError(1) }, 502, -32603, "upstream_refused"],
    [
      "a redirect",
      { status: 307, headers: { location: "http://elsewhere" } },
      502,
      -32603,
      "upstream_refused",
    ],
    ["a status that is none", { status: 604, ...HTML }, 502, -32603, "upstream_refused"],
  ])("are said in the gateway's words otherwise: %s", async (_what, script, status, code, reason) => {
    const { response, results, auditId } = await exchanged(script);
    expect(response.status).toBe(status);
    const text = await bodyOf(response);
    expect(JSON.parse(text)).toMatchObject({
      id: 1,
      error: { code, data: { reason_code: reason, audit_id: auditId } },
    });
    expect(text).not.toMatch(/nginx|elsewhere/);
    expect(results).toMatchObject([{ outcome: "upstream_error" }]);
  });

  it("keep the server's word on when to come back", async () => {
    const { response } = await exchanged({
      status: 429,
      ...HTML,
      headers: { ...HTML.headers, "retry-after": "7" },
    });
    expect([response.status, response.headers["retry-after"]]).toEqual([429, "7"]);
  });

  it.each(["GET", "DELETE"])("that a client expects of %s pass", async (method) => {
    const { response, results } = await exchanged(
      { status: 405, headers: { allow: "POST" }, body: rpcError(null, -32_000) },
      { method },
    );
    expect([response.status, response.headers["allow"]]).toEqual([405, "POST"]);
    expect(results).toMatchObject([{ outcome: "protocol_error", errorCode: -32_000 }]);
  });

  it("about a notification are told too", async () => {
    const upstream = {
      ...scriptedUpstream("s", () => ({})),
      exchange: () => Promise.reject(new Error("10.0.0.7")),
    };
    const gateway = await testGateway({ upstreams: { s: upstream } });
    const response = await ask(gateway, { body: { jsonrpc: "2.0", method: "notifications/initialized" } });
    expect(response.status).toBe(502);
    expect(await jsonOf(response)).toMatchObject({ id: null, error: { code: -32603 } });
    expect(gateway.governor.decided[0]?.results).toMatchObject([{ outcome: "upstream_error" }]);
  });
});

describe("documents of an upstream server that are no response", () => {
  it.each([
    ["a notification", '{"jsonrpc":"2.0","method":"notifications/message"}', "missing_response"],
    ["an error without an id", rpcError(null), "unexpected_response"],
    ["another request's response", '{"jsonrpc":"2.0","id":2,"result":{}}', "unexpected_response"],
    ["an empty batch", "[]", "not_json_rpc"],
    ["a batch of one", '[{"jsonrpc":"2.0","id":1,"result":{}}]', "not_json_rpc"],
    ["nothing", "", "not_json_rpc"],
    ["a byte order mark alone", "\ufeff", "not_json_rpc"],
    ["two byte order marks", '\ufeff\ufeff{"jsonrpc":"2.0","id":1,"result":{}}', "not_json_rpc"],
    ["a response and more", '{"jsonrpc":"2.0","id":1,"result":{}} {"well":"done"}', "not_json_rpc"],
    ["a response and an end of text", '{"jsonrpc":"2.0","id":1,"result":{}}\0', "not_json_rpc"],
    ["UTF-16", Buffer.from('{"jsonrpc":"2.0","id":1,"result":{}}', "utf16le"), "not_json_rpc"],
    ["Latin-1", Buffer.from('{"jsonrpc":"2.0","id":1,"result":{"a":"ü"}}', "latin1"), "not_json_rpc"],
    ["a method, too", '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}', "not_json_rpc"],
    [
      "an error, too",
      '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"m"}}',
      "not_json_rpc",
    ],
    ["a null error, too", '{"jsonrpc":"2.0","id":1,"result":{},"error":null}', "not_json_rpc"],
    ["one key twice", '{"jsonrpc":"2.0","id":1,"result":{},"result":{}}', "not_json_rpc"],
    ["one key twice, deep", '{"jsonrpc":"2.0","id":1,"result":{"a":[{"b":1,"b":2}]}}', "not_json_rpc"],
    ["a member in capitals", '{"jsonrpc":"2.0","id":1,"Result":{},"result":{}}', "not_json_rpc"],
    ["no version", '{"id":1,"result":{}}', "not_json_rpc"],
    ["an id that only some read as ours", '{"jsonrpc":"2.0","id":1.0,"result":{}}', "not_json_rpc"],
    [
      "an id that is rounded to ours",
      '{"jsonrpc":"2.0","id":1.00000000000000000001,"result":{}}',
      "not_json_rpc",
    ],
    ["a _meta that clients cannot read", '{"jsonrpc":"2.0","id":1,"result":{"_meta":[]}}', "not_json_rpc"],
    [
      "a bomb",
      `{"jsonrpc":"2.0","id":1,"result":{"a":${"[".repeat(9_999)}${"]".repeat(9_999)}}}`,
      "not_json_rpc",
    ],
  ])("are not passed on: %s", async (_what, body, problem) => {
    const { response, gateway, results } = await exchanged({ body });
    expect(response.status).toBe(502);
    expect(await jsonOf(response)).toMatchObject({
      id: 1,
      error: { data: { reason_code: "upstream_garbage" } },
    });
    expect(gateway.observer.of("malformedUpstream")[0]).toMatchObject({ problem });
    expect(results).toHaveLength(1);
  });

  it("two responses in one: the first counts", async () => {
    const one = '{"jsonrpc":"2.0","id":1,"result":{"n":1.0}}';
    const { response, results } = await exchanged(
      { body: `[${one},{"jsonrpc":"2.0","id":1,"result":{"isError":true}}]` },
      { body: [CALL] },
    );
    expect(await bodyOf(response)).toBe(`[${one}]`);
    expect(results).toMatchObject([{ outcome: "ok" }]);
  });

  it.each([
    ["a byte order mark before it", "\ufeff", "application/json"],
    ["blanks around it", " \r\n\t", "application/json"],
    ["a charset, which JSON has not", "", "Application/JSON; charset=utf-16"],
  ])("but are one with %s: it is passed on as every client reads it", async (_what, before, type) => {
    const one = '{"jsonrpc":"2.0","id":1,"result":{"n":1.0,"text":"ü\u2028"}}';
    const { response, results } = await exchanged({
      body: `${before}${one}\n`,
      headers: { "content-type": type },
    });
    expect([response.status, response.headers["content-type"]]).toEqual([200, "application/json"]);
    expect(await bodyOf(response)).toBe(one);
    expect(results).toMatchObject([{ outcome: "ok" }]);
  });

  it("a session id that is none ends the call", async () => {
    const { response, gateway } = await exchanged(
      { headers: { "mcp-session-id": "not visible" }, body: '{"jsonrpc":"2.0","id":1,"result":{}}' },
      { body: { ...CALL, method: "initialize", params: {} } },
    );
    expect(response.status).toBe(502);
    expect(gateway.observer.of("malformedUpstream")).toMatchObject([{ problem: "invalid_session_id" }]);
  });
});

describe("an upstream server without a place for a request", () => {
  it.each([
    ["what it knows", new UpstreamError("upstream_overloaded", "full", { retryAfterSeconds: 17 }), "17"],
    ["soon", new UpstreamError("upstream_overloaded", "full"), "1"],
  ])("says when to come back: %s", async (_when, error, seconds) => {
    const { gateway } = await scriptedGateway(() => Promise.reject(error));
    for (const asked of [{ body: CALL }, { method: "GET" }, { method: "DELETE" }]) {
      const response = await ask(gateway, asked);
      expect([response.status, response.headers["retry-after"]]).toEqual([503, seconds]);
    }
  });

  it.each([
    [{}, "1"],
    [{ "retry-after": "42" }, "42"],
  ])("passes on what its server says, else says soon: %j", async (headers, seconds) => {
    const { response } = await exchanged({
      status: 503,
      body: "busy",
      headers: { "content-type": "text/plain", ...headers },
    });
    expect([response.status, response.headers["retry-after"]]).toEqual([503, seconds]);
  });
});

describe("responses that never begin", () => {
  it("are a gateway time-out with the audit id", async () => {
    const { gateway, upstream } = await sessionGateway(never, { limits: { requestTimeoutMs: 30 } });
    const response = await ask(gateway, { body: CALL, headers: await openSession(gateway) });
    expect(response.status).toBe(504);
    const auditId = gateway.governor.calls("tools/call")[0]?.auditId;
    expect(await jsonOf(response)).toMatchObject({
      id: 1,
      error: { code: -32013, message: expect.stringContaining(auditId ?? "?"), data: { audit_id: auditId } },
    });
    expect(outcomesOf(gateway)).toEqual(["timeout"]);
    expect(upstream.sent.at(-1)?.message["method"]).toBe("notifications/cancelled");
  });

  it.each([
    ["upstream_unreachable", 502, "upstream_error"],
    ["upstream_died", 502, "upstream_error"],
    ["upstream_garbage", 502, "upstream_error"],
    ["upstream_overloaded", 503, "upstream_error"],
    ["upstream_timeout", 504, "timeout"],
  ] as const)("say %s with HTTP %i", async (code, status, outcome) => {
    const { gateway } = await sessionGateway(() => Promise.reject(new UpstreamError(code, "secret detail")));
    const response = await ask(gateway, { body: CALL });
    expect(response.status).toBe(status);
    const text = await bodyOf(response);
    expect(JSON.parse(text)).toMatchObject({ id: 1, error: { data: { reason_code: code } } });
    expect(text).not.toContain("secret");
    expect(outcomesOf(gateway)).toEqual([outcome]);
  });
});
