import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig, TABLE } from "@sark/gateway";
import type { Endpoint, Service } from "@sark/http-api";
import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { toolCall } from "../support/requests.ts";

let tools: McpServerHandle;
let gateway: GatewayUnderTest;
let adminUrl: string;
beforeAll(async () => {
  tools = await startMcpServer();
  gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: { admin: { port: 0 } },
  });
  adminUrl = gateway.gateway.adminUrl!;
});
afterAll(async () => {
  await gateway.close();
  await tools.close();
});

const endpoints = Object.values(TABLE).flatMap((group) =>
  Object.values<Endpoint<Service, never>>(group.endpoints).map(({ method, path }) => [method, path] as const),
);

/** By hand: which ports serve it. */
function portsOf(path: string): readonly string[] {
  if (/^\/(?:health|livez|readyz|openapi)/.test(path) || path.startsWith("/api/v1/audit/receipt/")) {
    return ["callers", "administration"];
  }
  return /^\/(?:admin\/|metrics|api\/v1\/(?:audit|siem)\/)/.test(path) ? ["administration"] : ["callers"];
}

/** Without credentials: 401, or what is public; 404 says that nothing is there. */
async function isServed(base: string, method: string, path: string): Promise<boolean> {
  const response = await fetch(`${base}${path.replaceAll(/\{\w+\*?\}/g, "x")}`, { method });
  const body = await response.text();
  return !(response.status === 404 && body.includes("There is nothing at this path."));
}

describe("a port of its own for the administration [GTW-11]", () => {
  it.each(endpoints)("%s %s is served where it is to be, and nowhere else", async (method, path) => {
    const served = [
      ...((await isServed(gateway.url, method, path)) ? ["callers"] : []),
      ...((await isServed(adminUrl, method, path)) ? ["administration"] : []),
    ];
    expect(served).toEqual(portsOf(path));
  });

  it("serves no MCP, which goes on at the other one", async () => {
    const { path, headers, body } = toolCall(
      "tools",
      "echo",
      { text: "hi" },
      { "x-api-key": gateway.apiKey },
    );
    const post = (base: string) =>
      fetch(`${base}${path}`, {
        method: "POST",
        headers: {
          accept: "application/json, text/event-stream",
          "content-type": "application/json",
          ...(headers as Record<string, string>),
        },
        body: JSON.stringify(body),
      });
    expect((await post(gateway.url)).status).toBe(200);
    expect((await post(adminUrl)).status).toBe(404);
  });

  it("checks roles as the other one does, and Host", async () => {
    const status = (headers: Record<string, string>) =>
      fetch(`${adminUrl}/admin/v1/status`, { headers }).then((response) => response.status);
    expect(await status({ "x-api-key": gateway.apiKey })).toBe(200);
    expect(await status({ "x-api-key": "sark_wrong" })).toBe(401);
    expect(gateway.lines).toContainEqual(
      expect.objectContaining({ message: "gateway listening", url: gateway.url, admin_url: adminUrl }),
    );
  });

  it("cannot be the port of all others, or one that is taken", async () => {
    expect(() =>
      loadConfig({ file: undefined, environment: { SARK_HTTP_PORT: "8000", SARK_ADMIN_PORT: "8000" } }),
    ).toThrow("admin.port");
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    await expect(startGatewayUnderTest({ upstreams: [], config: { admin: { port } } })).rejects.toThrow(
      "EADDRINUSE",
    );
    taken.close();
  });

  it("ends with the gateway", async () => {
    const other = await startGatewayUnderTest({ upstreams: [], config: { admin: { port: 0 } } });
    const url = other.gateway.adminUrl!;
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    await other.close();
    await expect(fetch(`${url}/livez`)).rejects.toThrow("fetch failed");
  });
});
