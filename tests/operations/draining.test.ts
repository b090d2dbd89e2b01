import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { adminCommand } from "../support/admin-command.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows, series } from "../support/observed.ts";
import { connectClient, type OfficialClient } from "../support/official-clients.ts";
import { rawConnection, send, toolCall, type RawResponse } from "../support/requests.ts";

let tools: McpServerHandle;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  tools = await startMcpServer();
  gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
  });
});
afterAll(async () => {
  await gateway.close();
  await tools.close();
});
afterEach(async () => {
  expect(await change("undrain")).toMatchObject({ status: 200, json: { state: "serving" } });
});

const credentials = () => ({ "x-api-key": gateway.apiKey });

function change(operation: "drain" | "undrain", body: object = {}): Promise<RawResponse> {
  return send(gateway.url, { path: `/admin/v1/${operation}`, headers: credentials(), body });
}

async function status(): Promise<unknown> {
  const path = "/admin/v1/drain";
  return (await send(gateway.url, { method: "GET", path, headers: credentials() })).json;
}

async function readiness(): Promise<number> {
  return (await send(gateway.url, { method: "GET", path: "/health/ready" })).status;
}

async function connect(): Promise<OfficialClient> {
  const client = await connectClient("v1 SDK", `${gateway.url}/mcp/tools`, { headers: credentials() });
  onTestFinished(() => client.close().catch(() => undefined));
  return client;
}

/** A call that its server responds to when this gate is released. */
async function callBehind(gate: string): Promise<{ readonly response: Promise<RawResponse> }> {
  const response = send(gateway.url, toolCall("tools", "stream", { count: 1, gate }, credentials()));
  const arrived = () => tools.requests().some(({ body }) => JSON.stringify(body).includes(gate));
  await vi.waitFor(() => expect(arrived()).toBe(true));
  return { response };
}

const admin = (...args: string[]) => adminCommand(gateway, ...args);

const REFUSED = {
  status: 503,
  headers: { "retry-after": "1" },
  json: { error: { code: -32012, data: { reason_code: "draining" } } },
};

describe("a drain by an operator", () => {
  it.each(["/health/ready", "/readyz", "/health/detailed"])(
    "is what %s says in words, too, until it is undrained [HLT-1] [HLT-2]",
    async (path) => {
      const shown = async () => send(gateway.url, { method: "GET", path, headers: credentials() });
      await vi.waitFor(async () =>
        expect(await shown()).toMatchObject({ status: 200, json: { status: "ok" } }),
      );
      await change("drain");
      expect(await shown()).toMatchObject({ status: 503, json: { status: "draining" } });
      await change("undrain");
      expect(await shown()).toMatchObject({ status: 200, json: { status: "ok" } });
    },
  );

  it("lets calls finish and sessions go on, and refuses new sessions with a hint [GTW-5] [HLT-2]", async () => {
    const session = await connect();
    const { response } = await callBehind("finishes");
    expect(await change("drain", { timeout: "1h", reason: "new version" })).toMatchObject({
      status: 202,
      json: { state: "draining", calls_running: 1, calls_cut: 0 },
    });
    expect(await readiness()).toBe(503);
    const initialize = { method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {} } };
    expect(
      await send(gateway.url, {
        path: "/mcp/tools",
        headers: credentials(),
        body: { jsonrpc: "2.0", id: 0, ...initialize },
      }),
    ).toMatchObject(REFUSED);
    await expect(connect()).rejects.toThrow(/taken out of service/);
    expect(await session.callTool("echo", { text: "still here" })).toMatchObject({
      content: [{ text: "still here" }],
    });
    tools.release("finishes");
    expect(await response).toMatchObject({
      status: 200,
      json: { result: { content: [{ text: "sent 1" }] } },
    });
    await vi.waitFor(async () => expect(await status()).toMatchObject({ state: "drained", calls_cut: 0 }));
    expect(await send(gateway.url, toolCall("tools", "echo", { text: "x" }, credentials()))).toMatchObject(
      REFUSED,
    );
    expect((await series(gateway)).get("sark_gateway_draining")).toBe(1);

    expect(await change("undrain", { reason: "it stays" })).toMatchObject({ json: { state: "serving" } });
    expect(await readiness()).toBe(200);
    expect((await series(gateway)).get("sark_gateway_draining")).toBe(0);
    await (await connect()).callTool("echo", { text: "back" });
  });

  it("has streams without an end connect again, elsewhere [GTW-5]", async () => {
    const { headers } = await send(gateway.url, {
      path: "/mcp/tools",
      headers: credentials(),
      body: {
        jsonrpc: "2.0",
        id: 0,
        method: "initialize",
        params: {
          protocolVersion: "2025-11-25",
          capabilities: {},
          clientInfo: { name: "t", version: "1" },
        },
      },
    });
    const stream = await rawConnection(gateway.url);
    stream.write(
      `GET /mcp/tools HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: text/event-stream\r\nX-API-Key: ${gateway.apiKey}\r\nMcp-Session-Id: ${String(headers["mcp-session-id"])}\r\n\r\n`,
    );
    const isOpen = async () => (await series(gateway)).get('sark_gateway_open_streams{stream="session"}');
    await vi.waitFor(async () => expect(await isOpen()).toBe(1));
    expect(await status()).toMatchObject({ streams_open: 1 });
    await change("drain", { timeout: "1h" });
    expect(await stream.ended()).toMatch(/retry: 1000\n\n/);
    await vi.waitFor(async () => expect(await status()).toMatchObject({ state: "drained", streams_open: 0 }));
    const again = {
      method: "GET",
      path: "/mcp/tools",
      headers: {
        ...credentials(),
        accept: "text/event-stream",
        "mcp-session-id": String(headers["mcp-session-id"]),
      },
    };
    expect(await send(gateway.url, again)).toMatchObject(REFUSED);
  });

  it("cuts what still runs at its end: with an error, an outcome, and word to the server [GTW-5] [AUD-1]", async () => {
    const before = (await series(gateway)).get("sark_gateway_calls_cut_total") ?? 0;
    const { response } = await callBehind("is-cut");
    await change("drain", { timeout: "0s" });
    const { text: sent, headers } = await response;
    expect(sent).toContain('"reason_code":"gateway_draining"');
    expect(await status()).toMatchObject({ state: "drained", calls_cut: 1 });
    expect((await series(gateway)).get("sark_gateway_calls_cut_total")).toBe(before + 1);
    await vi.waitFor(async () => {
      const rows = await auditRows(
        gateway.databaseUrl,
        "gateway_request_id = $1 AND phase = 'outcome'",
        headers["x-correlation-id"],
      );
      expect(rows).toMatchObject([{ outcome: "cancelled" }]);
    });
    tools.release("is-cut");
  });

  it("is on record with who and why [GTW-5] [GTW-11]", async () => {
    await change("drain", { timeout: "30s", reason: "drill" });
    await change("undrain", { reason: "drill is over" });
    const rows = await auditRows(gateway.databaseUrl, "event_type = 'drain_control'");
    expect(rows.slice(-2)).toMatchObject([
      {
        user_id: "admin",
        decision: "allow",
        metadata: { operation: "drain", asked: { timeout_ms: 30_000, reason: "drill" } },
      },
      {
        user_id: "admin",
        decision: "allow",
        metadata: { operation: "undrain", asked: { reason: "drill is over" } },
      },
    ]);
  });

  it.each([
    [{ timeout: "2h" }, /at most 1h/],
    [{ timeout: 30 }, /whole number with a unit/],
    [{ timeout: "30s", reason: "" }, /reason/],
    [{ later: true }, /later/],
  ])("refuses %j, and goes on serving", async (body, message) => {
    const response = await change("drain", body);
    expect(response).toMatchObject({ status: 400, json: { error: { code: "invalid_request" } } });
    expect(response.text).toMatch(message);
    expect(await status()).toMatchObject({ state: "serving" });
  });
});

describe("gateway-admin drain [CLI-1]", () => {
  it("waits until no call runs, and undrain takes the gateway back", async () => {
    const { response } = await callBehind("by-command");
    const drained = admin("drain", "--yes", "--timeout", "10m");
    await vi.waitFor(async () => expect(await status()).toMatchObject({ state: "draining" }));
    tools.release("by-command");
    expect(await drained).toEqual({ code: 0, out: "Drained: no call runs, and none was cut.\n", err: "" });
    expect((await response).status).toBe(200);
    expect(await admin("undrain", "--reason", "done")).toEqual({
      code: 0,
      out: "The gateway is in service.\n",
      err: "",
    });
    expect(await readiness()).toBe(200);
  });

  it("ends with 1 when calls were cut", async () => {
    const { response } = await callBehind("cut-by-command");
    const { code, out } = await admin("drain", "--yes", "--timeout", "0s", "--json");
    expect([code, JSON.parse(out)]).toMatchObject([1, { state: "drained", calls_cut: 1 }]);
    await response;
    tools.release("cut-by-command");
  });

  it("ends with 2 for a time that is none", async () => {
    const { code, out, err } = await admin("drain", "--timeout", "soon");
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain('"soon" is no duration');
  });
});
