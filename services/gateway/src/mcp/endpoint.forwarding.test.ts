import { parseJson } from "@sark/audit/json";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "@sark/json";
import { BOTH, ENVELOPE, ask, jsonOf, requestOf, statelessHeaders } from "./testing/ask.ts";
import type { GovernorRules } from "./testing/governor.ts";
import {
  respondToAll,
  resultOf,
  type ScriptedResponse,
  type SentRequest,
} from "./testing/scripted-upstream.ts";
import { scriptedGateway } from "./testing/test-gateway.ts";

const PAY: JsonObject = {
  properties: {
    token: { type: "string", "x-mcp-header": "Token" },
    region: { type: "string", "x-mcp-header": "Region" },
    plain: { type: "string" },
    to: { properties: { amount: { type: "integer", "x-mcp-header": "Amount" } } },
    fast: { type: "boolean", "x-mcp-header": "fast" },
  },
};

async function gatewayWith(
  rules: GovernorRules = {},
  script: (sent: SentRequest) => ScriptedResponse = respondToAll,
) {
  const { gateway, upstream } = await scriptedGateway(script, { rules, schemas: { pay: PAY } });
  return { gateway, upstream };
}

const TRACE = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" };
describe("what goes upstream", () => {
  it("is the caller's own bytes when nothing has to change", async () => {
    const { gateway, upstream } = await gatewayWith();
    const body =
      '\n{ "params" : {"name":"add","arguments":{"n":1.0}}, "method":"tools\\/call","id":1,"jsonrpc":"2.0" } ';
    const bytes = Buffer.from(body);
    await ask(gateway, { body: bytes });
    expect(upstream.sent[0]?.body).toBe(bytes);
    expect(upstream.sent[0]?.messages).toEqual([JSON.parse(body)]);
  });

  it("keeps every digit when trace context is put in", async () => {
    const { gateway, upstream } = await gatewayWith({ trace: { ...TRACE, tracestate: "v=1" } });
    const args = '{"big":12345678901234567890, "one":1.0,"exp":1e400,"text":"\\u00e9\\/"}';
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":${args},"_meta":{"other":1.0,"traceparent":"theirs","baggage":"user=bob"}}}`;
    await ask(gateway, { body });
    const [sent] = upstream.sent;
    expect(sent?.text).toContain(`"arguments":${args}`);
    expect(sent?.text).toContain('"other":1.0');
    expect(sent?.message["params"]).toMatchObject({
      _meta: { other: 1, ...TRACE, tracestate: "v=1" },
    });
    expect(sent?.text).not.toMatch(/theirs|baggage/);
    expect(sent?.headers).toMatchObject({ ...TRACE, tracestate: "v=1" });
    expect(sent?.messages).toEqual([parseJson(sent?.text ?? "")]);
  });

  it("has the arguments that policy left, with every digit of what it left alone", async () => {
    const { gateway, upstream } = await gatewayWith({
      filter: ({ arguments: args }) => ({ ...args, token: "***" }),
    });
    const body =
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pay","arguments":{"account":12345678901234567890,"rate":1.0,"token":"s3cret"},"task":{"ttl":5.0}}}';
    await ask(gateway, { body });
    expect(upstream.sent[0]?.text).toContain(
      '"arguments":{"account":12345678901234567890,"rate":1.0,"token":"***"}',
    );
    expect(upstream.sent[0]?.text).toContain('"task":{"ttl":5.0}');
    expect(JSON.stringify(upstream.sent[0]?.messages)).not.toContain("s3cret");
  });

  it("has arguments that policy added where there were none, and for calls with arguments only", async () => {
    const { gateway, upstream } = await gatewayWith({ filter: () => ({ region: "eu" }) });
    await ask(gateway, { body: requestOf(1, "tools/call", { name: "pay" }) });
    expect(upstream.sent[0]?.message["params"]).toEqual({ name: "pay", arguments: { region: "eu" } });
    await ask(gateway, { body: requestOf(1, "resources/read", { uri: "a://b" }) });
    expect(upstream.sent[1]?.message["params"]).toEqual({ uri: "a://b" });
  });

  it("has no header that tells what policy took out of the arguments", async () => {
    const { gateway, upstream } = await gatewayWith({
      filter: (call) => ({ ...call.arguments, token: "***" }),
    });
    const params = { name: "pay", arguments: { token: "s3cret", region: "eu" }, _meta: ENVELOPE };
    await ask(gateway, {
      body: requestOf(1, "tools/call", params),
      headers: {
        ...statelessHeaders("tools/call", "pay"),
        "mcp-param-token": "s3cret",
        "mcp-param-region": "eu",
      },
    });
    expect(upstream.sent[0]?.headers).toMatchObject({ "mcp-param-token": "***", "mcp-param-region": "eu" });
    expect(JSON.stringify(upstream.sent[0]?.headers)).not.toContain("s3cret");
  });

  it("has chosen headers only", async () => {
    const { gateway, upstream } = await gatewayWith();
    const unwanted = {
      authorization: "Bearer secret",
      "x-api-key": "secret",
      "x-gateway-api-key": "secret",
      cookie: "secret=1",
      "proxy-authorization": "secret",
      forwarded: "for=secret",
      "x-forwarded-for": "secret",
      "x-real-ip": "secret",
      connection: "keep-alive, x-secret",
      te: "trailers",
      host: "secret.example",
      origin: "http://secret.example",
      referer: "http://secret.example",
      traceparent: "secret",
      baggage: "secret",
      "user-agent": "secret",
      "content-length": "1",
      expect: "100-continue",
    };
    const older = {
      ...unwanted,
      "mcp-protocol-version": "2025-11-25",
      "mcp-method": "ping",
      "mcp-name": "x",
      "mcp-param-x": "x",
    };
    await ask(gateway, { body: requestOf(1, "tools/call", { name: "add" }), headers: { ...BOTH, ...older } });
    expect(upstream.sent[0]?.headers).toEqual({ ...BOTH, "mcp-protocol-version": "2025-11-25" });
    await ask(gateway, {
      body: requestOf(1, "tools/call", { name: "add", _meta: ENVELOPE }),
      headers: {
        ...unwanted,
        ...statelessHeaders("tools/call", "add"),
        "mcp-session-id": "x",
        "mcp-unknown": "x",
      },
    });
    expect(upstream.sent[1]?.headers).toEqual({
      ...BOTH,
      ...statelessHeaders("tools/call", "add"),
    });
    const notice = { jsonrpc: "2.0", method: "notifications/x", params: { _meta: ENVELOPE } };
    await ask(gateway, {
      body: notice,
      headers: { ...statelessHeaders("notifications/x", "add"), "mcp-param-region": "eu" },
    });
    expect(upstream.sent[2]?.headers).toEqual({ ...BOTH, ...statelessHeaders("notifications/x") });
  });

  const wrap = (text: string | Buffer) => `=?base64?${Buffer.from(text).toString("base64")}?=`;

  it.each<[what: string, args: object, headers: Record<string, string | string[]>]>([
    ["text", { region: "eu" }, { "mcp-param-region": "eu" }],
    ["text that had to be wrapped", { region: " ü" }, { "mcp-param-region": wrap(" ü") }],
    ["a number within an object", { to: { amount: 42 } }, { "mcp-param-amount": "42" }],
    ["the same number", { to: { amount: 42 } }, { "mcp-param-amount": "42.0" }],
    ["a truth value", { fast: false }, { "mcp-param-fast": "false" }],
    ["a list as HTTP joins it", { region: "a, b" }, { "mcp-param-region": ["a", "b"] }],
  ])("has headers that repeat arguments: %s", async (_what, args, headers) => {
    const { gateway, upstream } = await gatewayWith();
    const body = requestOf(1, "tools/call", { name: "pay", arguments: args, _meta: ENVELOPE });
    const response = await ask(gateway, {
      body,
      headers: { ...statelessHeaders("tools/call", "pay"), ...headers },
    });
    expect(response.status).toBe(200);
    expect(Object.keys(upstream.sent[0]?.headers ?? {})).toEqual(
      expect.arrayContaining(Object.keys(headers)),
    );
  });

  it.each<[what: string, args: object, headers: Record<string, string | string[]>]>([
    ["another value", { region: "eu" }, { "mcp-param-region": "us" }],
    ["the value in capitals", { region: "eu" }, { "mcp-param-region": "EU" }],
    ["the argument of another header", { region: "eu", token: "t" }, { "mcp-param-token": "eu" }],
    ["an absent argument", {}, { "mcp-param-region": "us" }],
    ["an argument that is null", { region: null }, { "mcp-param-region": "null" }],
    ["an argument that is an object", { region: {} }, { "mcp-param-region": "[object Object]" }],
    ["an argument that no header repeats", { plain: "x" }, { "mcp-param-plain": "x" }],
    ["an argument by its own name", { to: { amount: 42 } }, { "mcp-param-to": "42" }],
    ["a prototype's member", { region: "eu" }, { "mcp-param-constructor": "eu" }],
    ["another number", { to: { amount: 42 } }, { "mcp-param-amount": "43" }],
    ["a number near it", { to: { amount: 2 ** 53 } }, { "mcp-param-amount": "9007199254740993" }],
    ["a number in words of a reader", { to: { amount: 42 } }, { "mcp-param-amount": "0x2a" }],
    ["a truth value in capitals", { fast: true }, { "mcp-param-fast": "True" }],
    ["text where a number stands", { to: { amount: "42" } }, { "mcp-param-amount": "42.0" }],
    ["bad base64", { region: "=?base64?Y?=" }, { "mcp-param-region": "=?base64?Y?=" }],
    ["a wrapper in capitals", { region: "=?BASE64?ZXU=?=" }, { "mcp-param-region": "=?BASE64?ZXU=?=" }],
    ["bytes beyond ASCII", { region: "é" }, { "mcp-param-region": "é" }],
    ["two values", { region: "eu" }, { "mcp-param-region": ["eu", "us"] }],
    ["nothing", { region: "eu" }, { "mcp-param-region": "" }],
  ])("has no header that says something else: %s", async (_what, args, headers) => {
    const { gateway, upstream } = await gatewayWith();
    const body = requestOf(1, "tools/call", { name: "pay", arguments: args, _meta: ENVELOPE });
    const response = await ask(gateway, {
      body,
      headers: { ...statelessHeaders("tools/call", "pay"), ...headers },
    });
    expect(response.status).toBe(400);
    expect(await jsonOf(response)).toMatchObject({
      id: 1,
      error: { code: -32020, data: { reason_code: "header_mismatch" } },
    });
    expect(upstream.sent).toEqual([]);
    // The call had been permitted: what became of it is on record.
    expect(gateway.governor.calls("tools/call")).toMatchObject([
      { results: [{ outcome: "protocol_error", errorCode: -32020 }] },
    ]);
  });

  it("has none where no schema says what it repeats, or where there are no arguments", async () => {
    const { gateway, upstream } = await gatewayWith();
    const headers = { "mcp-param-region": "eu" };
    const unknown = requestOf(1, "tools/call", { name: "add", arguments: { region: "eu" }, _meta: ENVELOPE });
    const listing = requestOf(2, "tools/list", { region: "eu", _meta: ENVELOPE });
    for (const [body, own] of [
      [unknown, statelessHeaders("tools/call", "add")],
      [listing, statelessHeaders("tools/list")],
    ] as const) {
      expect((await ask(gateway, { body, headers: { ...own, ...headers } })).status).toBe(400);
    }
    expect(upstream.sent).toEqual([]);
  });

  it("lets nothing of the server's own headers through but what clients need", async () => {
    const { gateway } = await gatewayWith({}, () => ({
      headers: {
        "set-cookie": "a=b",
        server: "nginx",
        "x-powered-by": "x",
        "mcp-session-id": "stray",
        "www-authenticate": "Bearer",
      },
      body: JSON.stringify(resultOf(1)),
    }));
    const response = await ask(gateway, { body: requestOf(1, "ping") });
    expect(response.headers).toEqual({ "content-type": "application/json", "cache-control": "no-store" });
  });

  it("asks the governor about notifications and responses too", async () => {
    const { gateway, upstream } = await gatewayWith({
      deny: ({ method }) =>
        method === "notifications/evil" || method === "session/response" ? "denied_by_policy" : null,
    });
    const initialized = await ask(gateway, { body: { jsonrpc: "2.0", method: "notifications/initialized" } });
    expect([initialized.status, initialized.body]).toEqual([202, null]);
    const evil = await ask(gateway, { body: { jsonrpc: "2.0", method: "notifications/evil" } });
    const response = await ask(gateway, { body: { jsonrpc: "2.0", id: 4, result: {} } });
    for (const refused of [evil, response]) {
      expect(refused.status).toBe(403);
      expect(await jsonOf(refused)).toMatchObject({ id: null, error: { code: -32010 } });
    }
    expect(upstream.sent).toHaveLength(1);
    expect(gateway.governor.decided.map(({ call }) => [call.method, call.kind, call.requestId])).toEqual([
      ["notifications/initialized", "session", ""],
      ["notifications/evil", "other", ""],
      ["session/response", "session", 4],
    ]);
    expect(gateway.governor.decided[0]?.results).toEqual([{ outcome: "ok" }]);
  });

  it("asks the governor before a stream is opened or a session ended", async () => {
    const { gateway, upstream } = await gatewayWith({ deny: () => "denied_by_policy" });
    for (const method of ["GET", "DELETE"]) {
      expect((await ask(gateway, { method })).status).toBe(403);
    }
    expect(upstream.sent).toEqual([]);
  });

  it("asks about each resource of a subscription, and sends it only if all are allowed", async () => {
    const { gateway, upstream } = await gatewayWith({
      deny: ({ target }) => (target === "a://secret" ? "denied_by_policy" : null),
    });
    const listen = (uris: string[]) =>
      ask(gateway, {
        body: requestOf(1, "subscriptions/listen", {
          notifications: { resourceSubscriptions: uris },
          _meta: ENVELOPE,
        }),
        headers: statelessHeaders("subscriptions/listen"),
      });
    const refused = await listen(["a://1", "a://secret"]);
    expect(await jsonOf(refused)).toMatchObject({ id: 1, error: { code: -32010 } });
    expect(upstream.sent).toEqual([]);
    expect(
      gateway.governor.decided.map(({ call, results }) => [call.target, results.map((r) => r.outcome)]),
    ).toEqual([
      ["a://1", ["cancelled"]],
      ["a://secret", []],
    ]);
    expect((await listen(["a://1", "a://2"])).status).toBe(200);
    expect(gateway.governor.decided.slice(2).map(({ results }) => results.map((r) => r.outcome))).toEqual([
      ["ok"],
      ["ok"],
    ]);
  });
});
