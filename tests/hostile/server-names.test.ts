import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startMcpServer } from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows, series } from "../support/observed.ts";
import { rawConnection, send, toolCall } from "../support/requests.ts";

const open = await startMcpServer();
const closed = await startMcpServer();
let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await startGatewayUnderTest({
    upstreams: [
      { name: "open", transport: "http", url: open.url, sensitivity: "low" },
      { name: "closed", transport: "http", url: closed.url, sensitivity: "low" },
    ],
    config: { audit: { arguments: "full" } },
    policies: {
      "all.cedar":
        'permit(principal, action, resource); forbid(principal, action, resource in Server::"closed");',
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await open.close();
  await closed.close();
});
beforeEach(() => {
  open.clearRequests();
  closed.clearRequests();
});

const calls = (server: typeof open) => server.requests().filter(({ method }) => method === "tools/call");
const key = () => ({ "x-api-key": gateway.apiKey });

/** A call to this target, as it is written: HTTP clients would tidy it up. */
async function callAt(target: string): Promise<{ status: number; json: unknown }> {
  const { headers = {}, body } = toolCall("open", "echo", { text: "x" }, key());
  const text = JSON.stringify(body);
  const all = {
    host: "localhost",
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
    "content-length": String(text.length),
    connection: "close",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const connection = await rawConnection(gateway.url);
  connection.write(`POST ${target} HTTP/1.1\r\n${lines.join("")}\r\n${text}`);
  const [head = "", rest = ""] = (await connection.ended()).split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), json: JSON.parse(rest) as unknown };
}

describe("a server that policy closes", () => {
  it.each(["/mcp/closed", "/mcp/closed/", "/mcp/closed?server=open", "/mcp/closed?/mcp/open"])(
    "is that one by this path as well, and denied: %s [GTW-12]",
    async (target) => {
      const { json } = await callAt(target);
      expect(json).toMatchObject({ error: { data: { reason_code: "denied_by_policy" } } });
      expect([calls(open), calls(closed)]).toEqual([[], []]);
    },
  );

  it.each(["/mcp/%63losed", "/mcp/%63%6c%6f%73%65%64/", "/%6dcp/closed", "/mcp/closed%2E"])(
    "is not named by what is plain in code, which balancers with rules for paths may not decode: %s [GTW-12]",
    async (target) => {
      const { status, json } = await callAt(target);
      expect([status, json]).toMatchObject([400, { error: { code: "malformed_request" } }]);
      expect([calls(open), calls(closed)]).toEqual([[], []]);
    },
  );

  it.each([
    "/mcp/Closed",
    "/mcp/closed.",
    "/mcp/closed%20",
    "/mcp/%20closed",
    "/mcp/closed%00",
    "/mcp/closed%2f",
    "/mcp/open%2f..%2fclosed",
    "/mcp/open/../closed",
    "/mcp/./closed",
    "/mcp//closed",
    "/mcp/closed//",
    "//mcp/closed",
    "/mcp/closed;open",
    "/mcp/closed%3fopen",
    "/mcp/closed%23",
    "/mcp\\closed",
    "/mcp/%2563losed",
    "/mcp/%EF%BD%83losed",
    "/mcp/%D1%81losed",
    "/mcp/closed%E2%80%8B",
    "/MCP/closed",
    "/mcp/__proto__",
    "/mcp/constructor",
    "/mcp/toString",
    "/mcp/hasOwnProperty",
    "/mcp/",
    "/mcp",
    `/mcp/${"a".repeat(129)}`,
  ])("has no other name: %s [GTW-12]", async (target) => {
    const { status } = await callAt(target);
    expect(status).toBe(404);
    expect([calls(open), calls(closed)]).toEqual([[], []]);
  });
});

describe("keys and names of prototypes are data as any other", () => {
  it.each(["__proto__", "constructor", "prototype", "toString", "valueOf"])(
    "as the name of a tool, of an argument and within: %s [GTW-12]",
    async (name) => {
      const unknown = await send(gateway.url, toolCall("open", name, {}, key()));
      expect(unknown.json).toMatchObject({ error: { code: -32602 } });
      const { path, headers = {} } = toolCall("open", "echo", {}, key());
      const { body } = toolCall("open", "echo");
      // An object literal would set the prototype.
      const text = JSON.stringify(body).replace(
        '"arguments":{}',
        `"arguments":{"text":"x","${name}":{"polluted":true,"${name}":{"polluted":true}}}`,
      );
      const response = await send(gateway.url, { path, headers, body: text });
      expect(response.json).toMatchObject({ result: { content: [{ text: "x" }] } });
      const rest = await send(gateway.url, {
        path: `/api/v1/gateway/authorize?${name}[polluted]=1`,
        headers: key(),
        body: `{"action":"gateway:tool:invoke","server_name":"open","tool_name":"echo","parameters":{"${name}":{"polluted":1}}}`,
      });
      expect([200, 400]).toContain(rest.status);
      expect(Object(undefined)).not.toHaveProperty("polluted");
      expect(Object.keys(Object.prototype)).toEqual([]);
      const sent = JSON.stringify(calls(open).at(-1)?.body);
      expect(sent).toContain(`"${name}":{"polluted":true`);
    },
  );
});

describe("what clients say of themselves", () => {
  const FORGED =
    'x\n{"level":"fatal","message":"forged"}\r\n\u2028{"level":"fatal","message":"forged"}\u001b[2J';

  it("begins no line of the log, wherever they say it [GTW-12] [LOG-1]", async () => {
    const from = gateway.lines.length;
    const initialize = {
      jsonrpc: "2.0",
      id: FORGED.slice(0, 100),
      method: "initialize",
      params: {
        protocolVersion: "2025-11-25",
        capabilities: {},
        clientInfo: { name: FORGED, version: FORGED },
      },
    };
    await send(gateway.url, { path: "/mcp/open", headers: key(), body: initialize });
    await send(gateway.url, toolCall("open", FORGED, {}, { ...key(), "mcp-name": undefined }));
    await send(gateway.url, {
      method: "GET",
      path: `/nowhere/${encodeURIComponent(FORGED)}`,
      headers: key(),
    });
    await send(gateway.url, { path: `/mcp/${encodeURIComponent(FORGED)}`, headers: key(), body: initialize });
    await send(gateway.url, {
      path: "/api/v1/gateway/authorize",
      headers: key(),
      body: {
        action: "gateway:tool:invoke",
        server_name: FORGED,
        tool_name: FORGED,
        parameters: { [FORGED]: FORGED },
      },
    });
    const lines = gateway.lines.slice(from);
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.filter(({ level, message }) => level === "fatal" || message === "forged")).toEqual([]);
  });

  /** Not those of the runtime, which come when it first collects garbage of a kind. */
  const ofRequests = (all: ReadonlyMap<string, unknown>) =>
    [...all.keys()].filter((name) => !name.startsWith("nodejs_gc_")).toSorted();

  it("makes no series of metrics, however many names they make up [GTW-12] [MET-12]", async () => {
    const make = async (name: string): Promise<void> => {
      await send(gateway.url, toolCall("open", name, {}, key()));
      await send(gateway.url, {
        path: "/mcp/open",
        headers: key(),
        body: { jsonrpc: "2.0", id: 1, method: name },
      });
      await send(gateway.url, {
        path: `/mcp/${name}`,
        headers: key(),
        body: { jsonrpc: "2.0", id: 1, method: "ping" },
      });
      await send(gateway.url, { method: "GET", path: `/${name}`, headers: { ...key(), "user-agent": name } });
      await send(gateway.url, {
        path: "/api/v1/gateway/authorize",
        headers: key(),
        body: { action: "gateway:tool:invoke", server_name: "open", tool_name: name },
      });
    };
    // The first of each kind makes the series that all others share.
    await make("made-up-first");
    const before = ofRequests(await series(gateway));
    for (let at = 0; at < 60; at += 1) {
      await make(`made-up-${at}`);
    }
    const after = await series(gateway);
    expect(ofRequests(after)).toEqual(before);
    expect([...after.keys()].filter((name) => name.includes("made-up"))).toEqual([]);
    expect((await auditRows(gateway.databaseUrl, "tool_name = 'made-up-59'")).length).toBeGreaterThan(0);
  });
});
