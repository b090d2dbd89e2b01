import { afterEach, describe, expect, it, vi } from "vitest";
import { startMcpServer, startMisbehavingUpstream } from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { rawConnection, send, toolCall } from "../support/requests.ts";

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

interface Component {
  name: string;
  status: string;
  required: boolean;
}

async function get(gateway: GatewayUnderTest, path: string) {
  return send(gateway.url, {
    method: "GET",
    path,
    headers: path.endsWith("detailed") ? { "x-api-key": gateway.apiKey } : {},
  });
}

async function start(config: Record<string, unknown> = {}) {
  const tools = await startMcpServer();
  const hung = await startMisbehavingUpstream({ methods: "all" });
  const gateway = await startGatewayUnderTest({
    upstreams: [
      { name: "tools", transport: "http", url: tools.url, sensitivity: "low" },
      { name: "closed", transport: "http", url: "http://127.0.0.1:1/mcp" },
      { name: "hung", transport: "http", url: hung.url("never-responds") },
    ],
    config,
  });
  cleanup.push(
    () => hung.close(),
    () => tools.close(),
    () => gateway.close(),
  );
  return { tools, hung, gateway };
}

describe("health of the composed gateway", () => {
  it("is ready with optional servers closed or hung, and tells people which [HLT-1] [HLT-2]", async () => {
    const { gateway } = await start();
    expect(await get(gateway, "/health")).toMatchObject({ status: 200, json: { status: "ok" } });
    expect(await get(gateway, "/livez")).toMatchObject({ status: 200 });
    await vi.waitFor(async () => expect(await get(gateway, "/health/ready")).toMatchObject({ status: 200 }));
    await vi.waitFor(async () => expect(await get(gateway, "/readyz")).toMatchObject({ status: 200 }));
    const components = await vi.waitFor(
      async () => {
        const detailed = await get(gateway, "/health/detailed");
        expect(detailed).toMatchObject({ status: 200, json: { status: "degraded" } });
        const { components } = detailed.json as { components: Component[] };
        expect(Object.fromEntries(components.map(({ name, status }) => [name, status]))).toEqual({
          "audit-store": "ok",
          "audit-spool": "ok",
          "audit-log": "ok",
          policy: "ok",
          sessions: "ok",
          certificates: "ok",
          authentication: "ok",
          "upstream:tools": "ok",
          "upstream:closed": "down",
          "upstream:hung": "down",
        });
        return components;
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(components).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: "audit-store",
          component: "database",
          required: true,
          latency_ms: expect.any(Number) as number,
          last_success: expect.stringMatching(/^20/) as string,
        }),
        expect.objectContaining({
          name: "upstream:closed",
          component: "upstream",
          required: false,
          last_failure_message: expect.stringMatching(/\w+/) as string,
        }),
      ]),
    );
  });

  it("tells the unauthenticated nothing but a status", async () => {
    const { gateway } = await start();
    const { json } = await get(gateway, "/health/ready");
    expect(Object.keys(json as object)).toEqual(["status"]);
  });

  it("neither hangs on a hung server nor stampedes it [HLT-2]", async () => {
    const { gateway, hung } = await start();
    const probes = Array.from({ length: 50 }, () => get(gateway, "/health/detailed"));
    const ready = Array.from({ length: 50 }, () => get(gateway, "/health/ready"));
    await Promise.all([...probes, ...ready]);
    expect(hung.requests().length).toBeLessThanOrEqual(3);
  });
});

describe("draining", () => {
  it("says 503 while requests in flight end, which get their responses and are recorded to their end [HLT-2] [AUD-1]", async () => {
    const { gateway, tools } = await start({ http: { drainDelay: "5s", drainTimeout: "30s" } });
    const { apiKey, databaseUrl } = gateway;
    const call = send(
      gateway.url,
      toolCall("tools", "stream", { count: 1, gate: "drain" }, { "x-api-key": apiKey }),
    );
    await vi.waitFor(() => expect(tools.requests().some(({ method }) => method === "tools/call")).toBe(true));
    const closing = gateway.gateway.close();
    expect(await get(gateway, "/health/ready")).toMatchObject({ status: 503 });
    expect(await get(gateway, "/health")).toMatchObject({ status: 200 });
    // New connections are refused in the end, with the call still at work.
    await vi.waitFor(() => expect(rawConnection(gateway.url)).rejects.toThrow(/ECONNREFUSED/), {
      timeout: 10_000,
    });
    tools.release("drain");
    expect(await call).toMatchObject({ status: 200, json: { result: { content: [{ text: "sent 1" }] } } });
    await closing;
    const rows = await auditRows(databaseUrl, "tool_name = 'stream'");
    expect(rows.map(({ phase, outcome }) => [phase, outcome])).toEqual([
      ["intent", null],
      ["outcome", "ok"],
    ]);
  });

  it("does not wait for streams without an end, nor for connections without a request", async () => {
    const { gateway, tools } = await start({ http: { drainTimeout: "50s" } });
    const initialize = {
      jsonrpc: "2.0",
      id: 0,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
    };
    const headers = { "x-api-key": gateway.apiKey };
    const { headers: responded } = await send(gateway.url, { path: "/mcp/tools", headers, body: initialize });
    const stream = await rawConnection(gateway.url);
    stream.write(
      `GET /mcp/tools HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nX-API-Key: ${gateway.apiKey}\r\nMcp-Session-Id: ${String(responded["mcp-session-id"])}\r\n\r\n`,
    );
    const opened = ({ httpMethod, headers: seen }: (typeof requests)[number]) =>
      httpMethod === "GET" && seen["mcp-session-id"] !== undefined;
    const requests = tools.requests();
    await vi.waitFor(() => expect(requests.some(opened)).toBe(true), { timeout: 10_000 });
    const silent = await rawConnection(gateway.url);
    await gateway.gateway.close();
    await Promise.all([stream.ended(), silent.ended()]);
  });
});
