import type { Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createSigningKey,
  startMcpServer,
  startMisbehavingUpstream,
  startTokenIssuer,
  type HttpMisbehaviour,
} from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { growth, metric, series } from "../support/observed.ts";
import { ENVELOPE, rawConnection, send, toolCall, type RawRequest } from "../support/requests.ts";

const issuer = await startTokenIssuer({ audience: "sark" });
const good = await startMcpServer();
const bad = await startMisbehavingUpstream({ bytes: 20 * 2 ** 20 });
const MISBEHAVIOURS = [
  "not-json",
  "not-json-rpc",
  "empty-body",
  "wrong-id",
  "html-500",
  "redirect",
  "wrong-content-type",
  "sse-without-response",
  "sse-garbage",
  "never-responds",
  "closes-at-once",
  "not-http",
  "dies-mid-json",
  "dies-mid-sse",
  "hangs-mid-sse",
  "enormous-json",
  "enormous-event",
] as const satisfies readonly HttpMisbehaviour[];

const isSilent = (name: string) => ["never-responds", "hangs-mid-sse"].includes(name);

/** Well formed, checksum included, and never issued. */
const UNKNOWN_KEY = "sark_00000000000000000000000000000000000000002kaqcA";

/** Ends in time what never ends by itself. On a busy machine it would cut off what is only slow, too. */
let impatient: GatewayUnderTest;
let patient: GatewayUnderTest;
/** The one that this test talks to. */
let gateway: GatewayUnderTest;
let token: string;

function start(limits: Record<string, unknown>): Promise<GatewayUnderTest> {
  const { http, ...others } = limits;
  return startGatewayUnderTest({
    upstreams: [
      { name: "good", transport: "http", url: good.url, sensitivity: "low" },
      ...MISBEHAVIOURS.map((name) => ({
        name,
        transport: "http",
        url: bad.url(name),
        sensitivity: "low",
        // Of those that would never end alone: a busy machine must not cut off what is slow.
        ...(isSilent(name) && { timeouts: { request: "2s" } }),
      })),
    ],
    config: {
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      http: { maxBodySize: "100000B", ...(http as object | undefined) },
      ...others,
    },
  });
}

beforeAll(async () => {
  token = await issuer.issue({ sub: "alice", roles: ["admin"] });
  patient = await start({});
  impatient = await start({
    http: { headersTimeout: "1s", requestTimeout: "2500ms" },
  });
});
afterAll(async () => {
  await patient.close();
  await impatient.close();
  await bad.close();
  await good.close();
  await issuer.close();
});

let before: ReadonlyMap<string, number>;
let from: number;
async function talkTo(one: GatewayUnderTest): Promise<void> {
  gateway = one;
  before = await series(gateway);
  from = gateway.lines.length;
}
beforeEach(() => talkTo(patient));

/** Nothing is left of the requests, and the gateway does its work as before. */
async function expectNothingLeft(): Promise<void> {
  await vi.waitFor(
    async () => {
      expect(await metric(gateway, "sark_gateway_active_connections")).toBe(0);
      expect(await metric(gateway, "sark_gateway_requests_in_flight")).toBe(0);
      expect(await metric(gateway, "sark_gateway_open_streams")).toBe(0);
    },
    { timeout: 10_000 },
  );
  const counted = Object.values(await growth(gateway, "sark_gateway_client_errors_total", before));
  expect(counted.reduce((sum, more) => sum + more, 0)).toBeLessThanOrEqual(1);
  // Where the gateway is impatient, a busy machine may need some tries.
  await vi.waitFor(async () =>
    expect(
      await send(gateway.url, authorized(toolCall("good", "echo", { text: "still here" }))),
    ).toMatchObject({
      status: 200,
      json: { result: { content: [{ text: "still here" }] } },
    }),
  );
}
afterEach(expectNothingLeft);

function authorized(request: RawRequest): RawRequest {
  return { ...request, headers: { authorization: `Bearer ${token}`, ...request.headers } };
}

/** One counter has grown by one, and one line of level warn or above was written. */
async function expectOneTrace(operation: string, errorType: string): Promise<void> {
  await vi.waitFor(async () => {
    expect(await growth(gateway, "sark_gateway_client_errors_total", before)).toEqual({
      [`{operation="${operation}",error_type="${errorType}"}`]: 1,
    });
  });
  await vi.waitFor(() => {
    const lines = gateway.lines.slice(from).filter(({ level }) => level !== "info" && level !== "debug");
    expect(lines.map((line) => line["error_type"] ?? line["reason_code"])).toEqual([errorType]);
  });
}

const ping = (id: unknown = 1) => ({ jsonrpc: "2.0", id, method: "ping" });
const mcp = (request: Omit<RawRequest, "path">, server = "good"): RawRequest => ({
  path: `/mcp/${server}`,
  ...request,
});

describe("a bad request to MCP gets its status and error, one line and one count [MET-4]", () => {
  it.each<
    [what: string, RawRequest, status: number, code: number | null, operation: string, errorType: string]
  >([
    ["malformed JSON", mcp({ body: '{"jsonrpc"' }), 400, -32700, "mcp", "malformed_json"],
    ["no body", mcp({}), 400, -32700, "mcp", "malformed_json"],
    [
      "invalid UTF-8",
      mcp({ body: Buffer.from([0x22, 0xc3, 0x28, 0x22]) }),
      400,
      -32700,
      "mcp",
      "malformed_json",
    ],
    [
      "the wrong content type",
      mcp({ body: ping(), headers: { "content-type": "text/plain" } }),
      415,
      -32000,
      "mcp",
      "unsupported_media_type",
    ],
    [
      "no content type",
      mcp({ body: ping(), headers: { "content-type": undefined } }),
      415,
      -32000,
      "mcp",
      "unsupported_media_type",
    ],
    [
      "half an Accept",
      mcp({ body: ping(), headers: { accept: "application/json" } }),
      406,
      -32000,
      "mcp",
      "not_acceptable",
    ],
    ["an oversize body", mcp({ body: "x".repeat(100_001) }), 413, null, "mcp", "payload_too_large"],
    ["an unknown server", mcp({ body: ping() }, "nope"), 404, -32014, "mcp", "unknown_server"],
    [
      "an unknown method of HTTP",
      mcp({ method: "PUT", body: "{}" }),
      405,
      -32000,
      "mcp",
      "method_not_allowed",
    ],
    [
      "an unknown protocol version, with sessions",
      mcp({ body: ping(), headers: { "mcp-protocol-version": "1999-01-01" } }),
      400,
      -32000,
      "mcp",
      "unsupported_version",
    ],
    [
      "an unknown protocol version, stateless",
      {
        ...toolCall("good", "echo", {}, { "mcp-protocol-version": "2099-01-01" }),
        body: {
          jsonrpc: "2.0",
          id: 1,
          method: "tools/call",
          params: {
            name: "echo",
            _meta: { ...ENVELOPE, "io.modelcontextprotocol/protocolVersion": "2099-01-01" },
          },
        },
      },
      400,
      -32022,
      "mcp",
      "unsupported_revision",
    ],
    [
      "a header that differs from the body",
      toolCall("good", "echo", {}, { "mcp-name": "add" }),
      400,
      -32020,
      "mcp",
      "header_mismatch",
    ],
    [
      "a session that does not exist",
      mcp({ body: ping(), headers: { "mcp-session-id": "x" } }),
      404,
      -32001,
      "mcp",
      "unknown_session",
    ],
    [
      "a request that names no tool",
      mcp({ body: { ...ping(), method: "tools/call", params: {} } }),
      200,
      -32602,
      "mcp",
      "invalid_params",
    ],
    ["an id twice in a batch", mcp({ body: [ping(), ping()] }), 400, -32600, "mcp", "duplicate_id"],
    [
      "a batch where the revision has none",
      mcp({ body: [ping()], headers: { "mcp-protocol-version": "2025-06-18" } }),
      400,
      -32600,
      "mcp",
      "batch_not_allowed",
    ],
    [
      "a key twice",
      mcp({ body: '{"jsonrpc":"2.0","id":1,"method":"ping","id":2}' }),
      400,
      -32600,
      "mcp",
      "duplicate_key",
    ],
    [
      "JSON nested too deep",
      mcp({
        body: `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${"[".repeat(200)}${"]".repeat(200)}}}`,
      }),
      400,
      -32600,
      "mcp",
      "too_deep",
    ],
    ["an id of null", mcp({ body: ping(null) }), 400, -32600, "mcp", "invalid_id"],
  ])("%s", async (_what, request, status, code, operation, errorType) => {
    const response = await send(gateway.url, authorized(request));
    expect(response.status).toBe(status);
    const { error } = response.json as {
      error: { code: unknown; message: string; data?: Record<string, unknown> };
    };
    expect(error.code).toBe(code ?? errorType);
    expect(error.message).not.toBe("");
    const correlationId = response.headers["x-correlation-id"];
    expect(correlationId).toMatch(/^[0-9a-f-]{36}$/);
    await expectOneTrace(operation, errorType);
    const line = gateway.lines.slice(from).find(({ level }) => level === "warn");
    expect(line).toMatchObject({ correlation_id: correlationId });
  });

  it("an unknown tool: the server says so, and its error is passed on", async () => {
    const response = await send(gateway.url, authorized(toolCall("good", "no-such-tool")));
    expect(response.json).toMatchObject({ error: { code: -32602 } });
    await expectOneTrace("tools/call", "-32602");
  });

  it("an id that is still in flight in its session", async () => {
    const headers = { authorization: `Bearer ${token}` };
    const opened = await send(
      gateway.url,
      mcp({
        headers,
        body: {
          ...ping(0),
          method: "initialize",
          params: {
            protocolVersion: "2025-11-25",
            capabilities: {},
            clientInfo: { name: "t", version: "1" },
          },
        },
      }),
    );
    const session = { ...headers, "mcp-session-id": String(opened.headers["mcp-session-id"]) };
    const call = mcp({
      headers: session,
      body: {
        ...ping(7),
        method: "tools/call",
        params: { name: "stream", arguments: { count: 1, gate: "in-flight" } },
      },
    });
    const first = send(gateway.url, call);
    await vi.waitFor(() => expect(good.requests().some(({ id }) => id === 7)).toBe(true));
    expect(await send(gateway.url, call)).toMatchObject({ status: 400, json: { error: { code: -32600 } } });
    good.release("in-flight");
    expect(await first).toMatchObject({ status: 200, json: { id: 7, result: {} } });
    await expectOneTrace("mcp", "duplicate_id");
    await send(gateway.url, mcp({ method: "DELETE", headers: session }));
  });
});

describe("credentials that are no good get 401 and a challenge, one line and one count [MET-4]", () => {
  const paths: [string, RawRequest][] = [
    ["mcp", mcp({ body: ping() })],
    ["authorize", { path: "/api/v1/gateway/authorize", body: {} }],
    ["audit", { path: "/api/v1/gateway/audit", body: {} }],
    ["metrics", { method: "GET", path: "/metrics" }],
    ["health/detailed", { method: "GET", path: "/health/detailed" }],
  ];

  it.each(paths)("none at all at %s", async (operation, request) => {
    const response = await send(gateway.url, request);
    expect(response).toMatchObject({ status: 401, json: { error: { code: "unauthenticated" } } });
    expect(response.headers["www-authenticate"]).toBe('Bearer realm="sark"');
    await expectOneTrace(operation, "missing_credentials");
    expect(await growth(gateway, "sark_gateway_authentication_failures_total", before)).toEqual({
      '{reason="missing_credentials"}': 1,
    });
  });

  it.each<[string, string, () => Promise<Record<string, string>>]>([
    [
      "an expired token",
      "expired_token",
      async () => bearer(await issuer.issue({ sub: "alice" }, { expiresIn: -600 })),
    ],
    [
      "a forged token",
      "unknown_signing_key",
      async () => bearer(await issuer.issue({ sub: "alice" }, { key: await createSigningKey("ES256") })),
    ],
    [
      "a token for another service",
      "wrong_audience",
      async () => bearer(await issuer.issue({ sub: "alice", aud: "other" })),
    ],
    ["no token at all", "malformed_credentials", async () => bearer("hunter2")],
    ["a key that was never issued", "unknown_key", async () => ({ "x-api-key": UNKNOWN_KEY })],
    [
      "a mistyped key",
      "malformed_credentials",
      async () => ({ "x-api-key": `${gateway.apiKey.slice(0, -6)}000000` }),
    ],
    ["two at once", "ambiguous_credentials", async () => ({ ...bearer(token), "x-api-key": gateway.apiKey })],
  ])("%s", async (_what, reason, credentials) => {
    const response = await send(gateway.url, mcp({ body: ping(), headers: await credentials() }));
    expect(response).toMatchObject({ status: 401, json: { error: { code: "unauthenticated" } } });
    expect(response.headers["www-authenticate"]).toContain("error=");
    await expectOneTrace("mcp", reason);
  });
});

describe("two Authorization headers are refused, of which Node shows one alone", () => {
  it.each<[string, () => readonly string[]]>([
    ["a good one first", () => [`Bearer ${token}`, "Bearer a.b.c"]],
    ["a good one last", () => ["Basic YTpi", `Bearer ${token}`]],
    ["the same twice", () => [`Bearer ${token}`, `Bearer ${token}`]],
    ["two of two people", () => [`Bearer ${token}`, `Bearer ${gateway.apiKey}`]],
  ])("%s", async (_what, values) => {
    const connection = await rawConnection(gateway.url);
    const sent = values().map((value) => `Authorization: ${value}\r\n`);
    connection.write(`GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${sent.join("")}\r\n`);
    expect(await connection.ended()).toMatch(/^HTTP\/1\.1 401 [^]*Send one credential/);
    await expectOneTrace("metrics", "ambiguous_credentials");
  });
});

function bearer(value: string): { authorization: string } {
  return { authorization: `Bearer ${value}` };
}

describe("clients that are slow, half open or no HTTP clients cost one line and one count [MET-4]", () => {
  const head = () => `POST /mcp/good HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n`;

  it.each<[what: string, text: () => string, status: RegExp, operation: string, errorType: string]>([
    ["a head that never ends", head, /^HTTP\/1\.1 408 /, "http", "slow_client"],
    [
      "a body that never ends",
      () => `${head()}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"jsonrpc"`,
      /^HTTP\/1\.1 408 /,
      "http",
      "slow_client",
    ],
    [
      "something that is no HTTP",
      () => "\u0016\u0003\u0001 hello\r\n\r\n",
      /^HTTP\/1\.1 400 /,
      "http",
      "malformed_request",
    ],
    [
      "a head that is too large",
      () => `${head()}X-Large: ${"x".repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431 /,
      "http",
      "headers_too_large",
    ],
    [
      "two lengths, as request smugglers send them",
      () => `${head()}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
      "http",
      "malformed_request",
    ],
  ])("%s", async (what, text, status, operation, errorType) => {
    await talkTo(what.endsWith("never ends") ? impatient : patient);
    const connection = await rawConnection(gateway.url);
    connection.write(text());
    expect(await connection.ended()).toMatch(status);
    await expectOneTrace(operation, errorType);
  });

  it.each([
    ["closes its side", "http", (socket: Socket) => socket.end()],
    ["resets the connection", "mcp", (socket: Socket) => socket.resetAndDestroy()],
  ])("a client that %s in the middle of its body", async (_how, operation, leave) => {
    const connection = await rawConnection(gateway.url);
    connection.write(`${head()}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"jsonrpc"`);
    await vi.waitFor(async () => expect(await metric(gateway, "sark_gateway_requests_in_flight")).toBe(1));
    leave(connection.socket);
    await connection.ended();
    await expectOneTrace(operation, "client_left");
  });

  it.each([
    ["closes", (socket: Socket) => void socket.end()],
    ["resets", (socket: Socket) => void socket.resetAndDestroy()],
    ["is closed for it", () => {}],
  ])(
    "a client that connects ahead of need, sends nothing and %s is none of our concern",
    async (how, leave) => {
      await talkTo(how === "is closed for it" ? impatient : patient);
      const connection = await rawConnection(gateway.url);
      leave(connection.socket);
      await connection.ended();
      await vi.waitFor(async () => expect(await metric(gateway, "sark_gateway_active_connections")).toBe(0));
      expect(await growth(gateway, "sark_gateway_client_errors_total", before)).toEqual({});
    },
  );

  it.each([
    ["closes its side", (socket: Socket) => socket.end()],
    ["drops the connection", (socket: Socket) => socket.destroy()],
    ["resets the connection", (socket: Socket) => socket.resetAndDestroy()],
  ])("a client that %s while its tool is at work cancels it", async (_how, leave) => {
    good.clearRequests();
    const { headers, body } = toolCall("good", "stream", { count: 1, gate: "abandoned" });
    const text = JSON.stringify(body);
    const connection = await rawConnection(gateway.url);
    connection.write(
      `${head()}Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n`,
    );
    for (const [name, value] of Object.entries(headers ?? {})) {
      connection.write(`${name}: ${value}\r\n`);
    }
    connection.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    // The gateway itself asks for the list of tools now and then.
    const calls = () => good.requests().filter(({ method }) => method === "tools/call");
    await vi.waitFor(() => expect(calls()).toHaveLength(1));
    leave(connection.socket);
    await vi.waitFor(() => expect(calls()).toMatchObject([{ cancelled: true }]));
    await vi.waitFor(async () => {
      expect(await growth(gateway, "sark_gateway_calls_total", before)).toEqual({
        '{server="good",kind="tool",outcome="cancelled"}': 1,
      });
    });
    expect(await growth(gateway, "sark_gateway_client_errors_total", before)).toEqual({});
    // A client that changes its mind is no fault: the line is there, but is no warning.
    const lines = gateway.lines.slice(from);
    expect(
      lines.filter((line) => line["outcome"] === "cancelled" && line["component"] === "gateway"),
    ).toHaveLength(1);
    expect(lines.filter(({ level }) => level !== "info")).toEqual([]);
    connection.socket.destroy();
  });

  it.each([
    ["a path that does not exist", { method: "GET", path: "/nowhere" }, 404, "unknown_path", "not_found"],
    ["a URL that is none", { method: "GET", path: "/mcp/%zz" }, 400, "unknown_path", "invalid_request"],
    ["a query that is no UTF-8", { method: "GET", path: "/health?a=%ff" }, 400, "health", "invalid_request"],
    [
      "a foreign Host",
      { method: "GET", path: "/health", headers: { host: "evil.example.com" } },
      403,
      "health",
      "host_not_allowed",
    ],
    [
      "a foreign Origin",
      { method: "GET", path: "/health", headers: { origin: "https://evil.example.com" } },
      403,
      "health",
      "origin_not_allowed",
    ],
  ])("%s", async (_what, request, status, operation, errorType) => {
    expect(await send(gateway.url, request)).toMatchObject({ status, json: { error: { code: errorType } } });
    await expectOneTrace(operation, errorType);
  });
});

describe("an upstream server that misbehaves: an error that says so, one line and one count [MET-4]", () => {
  it.each(MISBEHAVIOURS)("%s", async (name) => {
    const slow = isSilent(name);
    const response = await send(gateway.url, authorized(toolCall(name, "echo")));
    expect(response.json).toMatchObject({
      id: 1,
      error: {
        code: slow ? -32013 : -32603,
        data: {
          audit_id: expect.any(String) as string,
          reason_code: expect.stringMatching(/^upstream_/) as string,
        },
      },
    });
    expect([200, slow ? 504 : 502]).toContain(response.status);
    await vi.waitFor(async () => {
      expect(await growth(gateway, "sark_gateway_client_errors_total", before)).toEqual({
        [`{operation="tools/call",error_type="${slow ? "timeout" : "upstream_error"}"}`]: 1,
      });
    });
    const lines = gateway.lines.slice(from).filter(({ level }) => level !== "info" && level !== "debug");
    expect(lines).toEqual([expect.objectContaining({ server: name })]);
    expect(lines[0]?.["correlation_id"]).toBe(response.headers["x-correlation-id"]);
  });
});
