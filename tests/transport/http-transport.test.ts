import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { rawConnection, send, toolCall } from "../support/requests.ts";

const ORIGIN = "https://inspector.example.com";

let tools: McpServerHandle;
let gateway: GatewayUnderTest;

const start = (http: Record<string, unknown> = {}) =>
  startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: { http: { allowedOrigins: [ORIGIN], ...http } },
  });

beforeAll(async () => {
  tools = await startMcpServer();
  gateway = await start();
});
afterAll(async () => {
  await gateway.close();
  await tools.close();
});

/** Tool calls that came to the server; probes of its health are none. */
const calls = () => tools.requests().filter(({ method }) => method === "tools/call").length;
const key = () => ({ "x-api-key": gateway.apiKey });
const head = (lines: readonly string[]) =>
  ["POST /mcp/tools HTTP/1.1", "Host: localhost", ...lines, "", ""].join("\r\n");
const JSON_HEAD = ["Content-Type: application/json", "Accept: application/json, text/event-stream"];

describe("a request is authenticated at its head", () => {
  it.each([
    ["with a length", ["Content-Length: 4000000"]],
    ["in chunks", ["Transfer-Encoding: chunked"]],
    ["with a small length", ["Content-Length: 10"]],
    ["of an unknown path", ["Content-Length: 4000000"], "/nowhere"],
    ["that is announced", ["Content-Length: 10", "Expect: 100-continue"]],
    ["that is not expected", ["Content-Length: 4000000", "Expect: something"]],
  ])(
    "and an unauthenticated caller has its response before the body is sent: a body %s",
    async (_what, lines, path = "/mcp/tools") => {
      const connection = await rawConnection(gateway.url);
      let received = "";
      connection.socket.on("data", (chunk: string) => (received += chunk));
      connection.write(head([...JSON_HEAD, ...lines]).replace("/mcp/tools", path));
      // Not a byte of the body was sent.
      await vi.waitFor(() => expect(received).toMatch(/^HTTP\/1\.1 (?:401|404|417)/));
      connection.socket.destroy();
    },
  );

  it("and what it goes on sending is not read for long", async () => {
    const connection = await rawConnection(gateway.url);
    connection.write(head([...JSON_HEAD, "Transfer-Encoding: chunked"]));
    const sending = setInterval(() => connection.write(`8000\r\n${"x".repeat(0x8000)}\r\n`), 1);
    const response = await connection.ended();
    clearInterval(sending);
    expect(response).toMatch(/^HTTP\/1\.1 401/);
    expect(response.toLowerCase()).toContain("connection: close");
    await once(connection.socket, "close").catch(() => {});
  });

  it("and a caller whose body grows too large has its response, and may not go on for long", async () => {
    const connection = await rawConnection(gateway.url);
    connection.write(head([...JSON_HEAD, `X-API-Key: ${gateway.apiKey}`, "Transfer-Encoding: chunked"]));
    const sending = setInterval(() => connection.write(`80000\r\n${"x".repeat(0x80000)}\r\n`), 1);
    const response = await connection.ended();
    clearInterval(sending);
    expect(response).toMatch(/^HTTP\/1\.1 413/);
    expect(response.toLowerCase()).toContain("connection: close");
    expect(response).toContain('"payload_too_large"');
    await once(connection.socket, "close").catch(() => {});
  });

  it("and its connection is used again where little is left to read", async () => {
    const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (let turn = 0; turn < 3; turn += 1) {
      const { response, port } = await post(
        agent,
        {},
        JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
      );
      expect(response.statusCode).toBe(401);
      ports.add(port);
    }
    agent.destroy();
    expect(ports.size).toBe(1);
  });

  it("and a body that is announced is asked for when its sender is known, and not too large", async () => {
    const known = await announced({ ...key(), "content-length": "2" });
    expect(known).toEqual({ continued: true, status: 400 });
    expect(await announced({ "content-length": "2" })).toEqual({ continued: false, status: 401 });
    expect(await announced({ ...key(), "content-length": "99999999" })).toEqual({
      continued: false,
      status: 413,
    });
  });

  it("and a GET has no body", async () => {
    const response = await send(gateway.url, { method: "GET", path: "/health", body: "x" });
    expect(response).toMatchObject({ status: 400, json: { error: { code: "invalid_request" } } });
  });

  it.each(["gzip, chunked", "identity, chunked", "Chunked"])("and Transfer-Encoding: %s", async (coding) => {
    const connection = await rawConnection(gateway.url);
    const credential = Object.entries(key()).map(([name, value]) => `${name}: ${value}`);
    connection.write(
      head([...JSON_HEAD, ...credential, "Connection: close", `Transfer-Encoding: ${coding}`]),
    );
    connection.write("2\r\n{}\r\n0\r\n\r\n");
    const response = await connection.ended();
    expect(response).toMatch(/^HTTP\/1\.1 400 /);
    // The gateway's own message about a body that was read, or about one that could be read in two ways.
    expect(/other Transfer-Encoding than chunked/.test(response)).toBe(coding !== "Chunked");
  });

  it("and bodies in many pieces arrive whole", async () => {
    const body = Buffer.from(JSON.stringify(toolCall("tools", "echo", { text: "é".repeat(50_000) }).body));
    const connection = await rawConnection(gateway.url);
    const { headers = {} } = toolCall("tools", "echo");
    const lines = Object.entries({ ...headers, ...key(), connection: "close" }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    connection.write(head([...JSON_HEAD, ...lines, "Transfer-Encoding: chunked"]));
    for (let at = 0; at < body.length; at += 101) {
      const piece = body.subarray(at, at + 101);
      connection.socket.write(`${piece.length.toString(16)}\r\n`);
      connection.socket.write(piece);
      connection.socket.write("\r\n");
    }
    connection.write("0\r\n\r\n");
    expect(await connection.ended()).toContain("é".repeat(50_000));
  });
});

describe("what one caller holds at once", () => {
  it("is bounded in requests and in bytes of bodies, for each and for all", async () => {
    const small = await start({
      maxRequestsPerCaller: 2,
      maxBufferedSizePerCaller: "200000B",
      maxBufferedSize: "300000B",
    });
    try {
      const auth = { "x-api-key": small.apiKey };
      const open = await Promise.all([slowBody(small, 150_000), slowBody(small, 150_000, "wait")]);
      const [first, second] = open;
      // The second's body has no room beside the first's.
      await vi.waitFor(() => expect(second.received()).toMatch(/^HTTP\/1\.1 429[^]*retry-after: 1/i));
      first.socket.destroy();
      const third = await vi.waitFor(async () => {
        const again = await slowBody(small, 150_000);
        await vi.waitFor(() => expect(again.received()).toBe(""));
        return again;
      });
      third.socket.destroy();
      const ids = ["a", "b", "c"].map((gate) =>
        send(small.url, toolCall("tools", "stream", { count: 1, gate }, auth)),
      );
      const statuses = await Promise.race(ids.map(async (response) => (await response).status));
      expect(statuses).toBe(429);
      for (const gate of ["a", "b", "c"]) {
        tools.release(gate);
      }
      await Promise.all(ids);
      const detailed = { method: "GET", path: "/health/detailed", headers: auth };
      await vi.waitFor(async () => expect(await send(small.url, detailed)).toMatchObject({ status: 200 }));
    } finally {
      await small.close();
    }
  });
});

describe("pages of other origins", () => {
  const preflight = (path: string, origin: string, names = "authorization,content-type,mcp-param-region") =>
    send(gateway.url, {
      method: "OPTIONS",
      path,
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": names,
      },
    });

  it("that are allowed may ask first, without a credential", async () => {
    const response = await preflight("/mcp/tools", ORIGIN);
    expect(response.status).toBe(204);
    expect(response.headers).toMatchObject({
      "access-control-allow-origin": ORIGIN,
      "access-control-allow-methods": expect.stringContaining("DELETE") as string,
      "access-control-allow-headers": "authorization,content-type,mcp-param-region",
      "access-control-max-age": "600",
      vary: expect.stringContaining("Origin") as string,
    });
    expect(response.headers).not.toHaveProperty("access-control-allow-credentials");
    const odd = await preflight("/mcp/tools", ORIGIN, "a b, c");
    expect(odd.headers).not.toHaveProperty("access-control-allow-headers");
  });

  it.each([
    ["a result", () => toolCall("tools", "echo", { text: "x" }, key()), 200],
    ["a stream", () => toolCall("tools", "stream", { count: 2 }, key()), 200],
    ["a refusal of the gateway", () => toolCall("nope", "echo", {}, key()), 404],
    ["an unauthenticated caller", () => toolCall("tools", "echo"), 401],
    ["a path that is not there", () => ({ path: "/nowhere", body: {} }), 404],
    ["a broken URL", () => ({ method: "GET", path: "/mcp/%zz" }), 400],
    ["the plain API", () => ({ method: "GET", path: "/api/v1/gateway/servers", headers: key() }), 200],
  ])("may read the response: %s", async (_what, request, status) => {
    const { headers = {}, ...rest } = request() as ReturnType<typeof toolCall>;
    const response = await send(gateway.url, { ...rest, headers: { ...headers, origin: ORIGIN } });
    expect(response.status).toBe(status);
    expect(response.headers).toMatchObject({
      "access-control-allow-origin": ORIGIN,
      "access-control-expose-headers": expect.stringMatching(/Mcp-Session-Id.*WWW-Authenticate/) as string,
      vary: expect.stringContaining("Origin") as string,
    });
  });

  it("that are not allowed get nothing, nor do others with an allowed one's response", async () => {
    for (const response of [
      await preflight("/mcp/tools", "https://evil.example.com"),
      await send(gateway.url, { ...toolCall("tools", "echo", {}, { ...key(), origin: "null" }) }),
    ]) {
      expect(response.status).toBe(403);
      expect(response.headers).not.toHaveProperty("access-control-allow-origin");
    }
    const plain = await send(gateway.url, { method: "GET", path: "/health" });
    expect(plain.headers).toMatchObject({ vary: "Origin" });
    expect(plain.headers).not.toHaveProperty("access-control-allow-origin");
  });
});

it.each(["/health", "/livez", "/health/ready", "/readyz", "/health/detailed", "/metrics"])(
  "responds to HEAD of %s as to GET, without the body",
  async (path) => {
    const readiness = { method: "GET", path: "/health/ready" };
    await vi.waitFor(async () => expect(await send(gateway.url, readiness)).toMatchObject({ status: 200 }));
    const [get, head] = await Promise.all(
      ["GET", "HEAD"].map((method) => send(gateway.url, { method, path, headers: key() })),
    );
    expect([head?.status, head?.text, head?.headers["content-type"]]).toEqual([
      get?.status,
      "",
      get?.headers["content-type"],
    ]);
  },
);

it("takes an endpoint with a slash at its end for the same one, with the same decisions", async () => {
  const call = toolCall("tools", "echo", { text: "x" }, key());
  expect(await send(gateway.url, { ...call, path: "/mcp/tools/" })).toMatchObject({ status: 200 });
  for (const path of ["/mcp/tools//", "/mcp//tools", "/mcp/tools/x", "/MCP/tools", "/mcp/Tools/"]) {
    expect(await send(gateway.url, { ...call, path })).toMatchObject({ status: 404 });
  }
});

it.each([
  ["*/*", 200],
  ["application/*, text/*", 200],
  ["application/*, text/event-stream", 200],
  ["Application/JSON;charset=utf-8, text/event-stream;q=0.5", 200],
  ["application/json;q=0, text/event-stream", 406],
  ["application/json;q=0, */*", 406],
  ["application/json", 406],
  ["application/jsonp, text/event-stream-like", 406],
  ['text/plain;x="application/json, text/event-stream"', 406],
  ["", 406],
])("reads Accept as HTTP says: %j is %i", async (accept, status) => {
  const initialize = {
    jsonrpc: "2.0",
    id: 0,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
  };
  expect(
    await send(gateway.url, { path: "/mcp/tools", headers: { ...key(), accept }, body: initialize }),
  ).toMatchObject({ status });
});

describe("draining", () => {
  it("ends a connection that has become idle as soon as its request has ended", async () => {
    const draining = await start({ drainTimeout: "10m" });
    const agent = new HttpAgent({ keepAlive: true });
    const headers = { ...toolCall("tools", "stream").headers, "x-api-key": draining.apiKey };
    const body = JSON.stringify(toolCall("tools", "stream", { count: 1, gate: "pooled" }).body);
    const seen = calls();
    const call = post(agent, headers, body, draining);
    await vi.waitFor(() => expect(calls()).toBe(seen + 1));
    const closing = draining.close();
    tools.release("pooled");
    expect((await call).response.statusCode).toBe(200);
    // It would wait ten minutes for the connection that the pool keeps.
    await closing;
    agent.destroy();
  });

  it("serves what still comes over an open connection, and says that it is the last", async () => {
    const draining = await start({ drainTimeout: "10m" });
    const connection = await rawConnection(draining.url);
    let received = "";
    connection.socket.on("data", (chunk: string) => (received += chunk));
    // With the first response the gateway has the beginning of the second request, and holds the connection for it.
    connection.write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /livez HTTP/1.1\r\n");
    await vi.waitFor(() => expect(received).toMatch(/^HTTP\/1\.1 200/));
    expect(received.toLowerCase()).not.toContain("connection: close");
    const closing = draining.close();
    await vi.waitFor(() => expect(rawConnection(draining.url)).rejects.toThrow(/ECONNREFUSED/));
    connection.write("Host: localhost\r\n\r\n");
    await connection.ended();
    expect(received.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(received.toLowerCase()).toContain("connection: close");
    await closing;
  });

  it("serves all requests that were sent one after the other without waiting", async () => {
    const draining = await start({ drainTimeout: "10m" });
    const lines = Object.entries({ ...toolCall("tools", "stream").headers, "x-api-key": draining.apiKey });
    const request = (gate: string) => {
      const body = JSON.stringify(toolCall("tools", "stream", { count: 1, gate }).body);
      return `${head([...JSON_HEAD, ...lines.map(([name, value]) => `${name}: ${value}`), `Content-Length: ${body.length}`])}${body}`;
    };
    const connection = await rawConnection(draining.url);
    const seen = calls();
    connection.write(request("one") + request("two") + request("three"));
    await vi.waitFor(() => expect(calls()).toBe(seen + 3));
    const closing = draining.close();
    await vi.waitFor(() => expect(rawConnection(draining.url)).rejects.toThrow(/ECONNREFUSED/));
    for (const gate of ["three", "two", "one"]) {
      tools.release(gate);
    }
    const received = await connection.ended();
    await closing;
    expect(received.match(/HTTP\/1\.1 200/g)).toHaveLength(3);
    expect(received.match(/sent 1/g)).toHaveLength(3);
  });
});

it("cuts off a client that takes nothing of its response, and not one that has nothing to take", async () => {
  const impatient = await start({ stallTimeout: "300ms" });
  const opened = async (call: ReturnType<typeof toolCall>, times: number) => {
    const connection = await rawConnection(impatient.url);
    const body = JSON.stringify(call.body);
    const lines = Object.entries({
      ...call.headers,
      "x-api-key": impatient.apiKey,
      "content-length": body.length,
    });
    connection.socket.pause();
    const request = `${head([...JSON_HEAD, ...lines.map(([name, value]) => `${name}: ${value}`)])}${body}`;
    for (let time = 0; time < times; time += 1) {
      connection.write(request);
    }
    return connection;
  };
  const quiet = await opened(toolCall("tools", "stream", { count: 1, gate: "quiet" }), 1);
  // More than the kernel holds for a client.
  await opened(toolCall("tools", "echo", { text: "x".repeat(3_000_000) }), 8);
  await vi.waitFor(() =>
    expect(impatient.lines).toContainEqual(expect.objectContaining({ error_type: "stalled_client" })),
  );
  tools.release("quiet");
  quiet.socket.resume();
  await vi.waitFor(() => expect(quiet.socket.bytesRead).toBeGreaterThan(0));
  quiet.socket.destroy();
  await impatient.close();
});

interface Posted {
  readonly response: IncomingMessage;
  readonly port: number | undefined;
}

function post(
  agent: HttpAgent,
  headers: Readonly<Record<string, string | undefined>>,
  body: string,
  { url } = gateway,
): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/mcp/tools`, {
      method: "POST",
      agent,
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...headers,
      },
    });
    request.on("error", reject);
    request.on("response", (response) => {
      const port = response.socket.localPort;
      text(response).then(() => resolve({ response, port }), reject);
    });
    request.end(body);
  });
}

function announced(
  headers: Record<string, string>,
): Promise<{ continued: boolean; status: number | undefined }> {
  return new Promise((resolve, reject) => {
    let continued = false;
    const request = httpRequest(`${gateway.url}/mcp/tools`, {
      method: "POST",
      agent: false,
      headers: { "content-type": "application/json", expect: "100-continue", ...headers },
    });
    request.on("error", reject);
    request.on("continue", () => {
      continued = true;
      request.end("{}");
    });
    request.on("response", (response) => {
      response.resume();
      resolve({ continued, status: response.statusCode });
      request.destroy();
    });
    request.flushHeaders();
  });
}

/** A request whose body is announced and not sent. */
async function slowBody({ url, apiKey }: GatewayUnderTest, bytes: number, _what = "") {
  const connection = await rawConnection(url);
  let received = "";
  connection.socket.on("data", (chunk: string) => (received += chunk));
  connection.write(head([...JSON_HEAD, `X-API-Key: ${apiKey}`, `Content-Length: ${bytes}`]));
  return { socket: connection.socket, received: () => received };
}
