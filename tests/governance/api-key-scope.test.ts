import { join } from "node:path";
import { issueApiKey } from "@sark/gateway/api-keys";
import { startMcpServer } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { CLIENTS, connectClient } from "../support/official-clients.ts";
import { send, toolCall, type RawRequest } from "../support/requests.ts";

let server: Awaited<ReturnType<typeof startMcpServer>>;
let gateway: GatewayUnderTest;
/** For one tool of a server and for all of another one; and the same principal's without a scope. */
let scoped: string;
let unbounded: string;

beforeAll(async () => {
  server = await startMcpServer();
  gateway = await startGatewayUnderTest({
    upstreams: ["tools", "whole", "other"].map((name) => ({
      name,
      transport: "http",
      url: server.url,
      sensitivity: "low",
    })),
    config: { audit: { checkpointInterval: "100ms" } },
    policies: { "everyone.cedar": "permit(principal, action, resource);" },
  });
  const file = join(gateway.dataDirectory, "api-keys.json");
  const nightly = { principal: "nightly", type: "agent" } as const;
  const scope = [
    { server: "tools", tools: ["echo"] },
    { server: "whole", tools: null },
  ];
  scoped = await issueApiKey(file, { ...nightly, id: "scoped", scope });
  unbounded = await issueApiKey(file, { ...nightly, id: "unbounded" });
  await vi.waitFor(
    async () => expect((await as(unbounded, { method: "GET", path: "/openapi.json" })).status).toBe(200),
    { timeout: 30_000, interval: 50 },
  );
});
afterAll(async () => {
  await gateway.close();
  await server.close();
});

const as = (key: string, request: RawRequest) =>
  send(gateway.url, { ...request, headers: { ...request.headers, "x-api-key": key } });
const ask = (key: string, path: string, body?: unknown) =>
  as(key, { method: body === undefined ? "GET" : "POST", path: `/api/v1/gateway/${path}`, body });

describe("an API key for one tool of a server", () => {
  it.each(CLIENTS)("lists and calls that tool alone: %s [GTW-1]", async (kind) => {
    const headers = { "x-api-key": scoped };
    const client = await connectClient(kind, `${gateway.url}/mcp/tools`, { headers });
    try {
      expect(await client.tools()).toEqual(["echo"]);
      expect(JSON.stringify(await client.callTool("echo", { text: "hello" }))).toContain("hello");
      await expect(client.callTool("add", { a: 1, b: 2 })).rejects.toThrow("is for other servers or tools");
    } finally {
      await client.close();
    }
    const whole = await connectClient(kind, `${gateway.url}/mcp/whole`, { headers });
    try {
      expect((await whole.tools()).length).toBeGreaterThan(10);
    } finally {
      await whole.close();
    }
    await expect(connectClient(kind, `${gateway.url}/mcp/other`, { headers })).rejects.toThrow();
  });

  it("has what it was denied on record, and the server has never seen it [GTW-1]", async () => {
    const response = await as(scoped, toolCall("other", "echo", { text: "never-sent" }));
    expect(response.json).toMatchObject({
      error: { code: -32010, data: { reason_code: "denied_by_scope" } },
    });
    const rows = await auditRows(
      gateway.databaseUrl,
      "gateway_request_id = $1",
      String(response.headers["x-correlation-id"]),
    );
    expect(rows).toMatchObject([
      {
        event_type: "tool_invoke",
        decision: "deny",
        outcome: "denied",
        agent_id: "nightly",
        credential: "api_key:scoped",
        server_name: "other",
        tool_name: "echo",
      },
    ]);
    const permitted = await as(unbounded, toolCall("other", "echo", { text: "sent" }));
    expect(permitted.json).toMatchObject({ result: {} });
  });

  it("knows of no other servers and tools by REST either [GTW-1]", async () => {
    const names = (list: unknown) =>
      (list as { server_name?: string; tool_name?: string }[]).map((one) => one.tool_name ?? one.server_name);
    expect(names((await ask(scoped, "servers")).json)).toEqual(["tools", "whole"]);
    expect(names((await ask(scoped, "tools?server_name=tools")).json)).toEqual(["echo"]);
    // The same for one that there is not: names are not to be tried out.
    for (const name of ["other", "no-such-server"]) {
      expect((await ask(scoped, `tools?server_name=${name}`)).status).toBe(403);
    }
    const decided = await ask(scoped, "authorize", {
      action: "gateway:tool:invoke",
      server_name: "other",
      tool_name: "echo",
    });
    expect(decided.json).toMatchObject({
      allow: false,
      reason: "The API key of this caller is for other servers or tools.",
    });
    const a2a = { source_agent_id: "nightly", target_agent_id: "x", capability: "query", message_type: "m" };
    expect((await ask(scoped, "authorize-a2a", a2a)).json).toMatchObject({ allow: false });
    expect((await ask(unbounded, "authorize-a2a", a2a)).json).toMatchObject({ allow: true });
  });

  it("takes receipts of what it may do, and of nothing else that its principal did [GTW-1]", async () => {
    const idOf = async (name: string) => {
      const { headers } = await as(unbounded, toolCall(name, "echo", { text: "x" }));
      return String(headers["sark-audit-id"]);
    };
    const [within, beyond] = [await idOf("tools"), await idOf("other")];
    const receipt = (key: string, id: string) =>
      as(key, { method: "GET", path: `/api/v1/audit/receipt/${id}` });
    await vi.waitFor(async () => expect((await receipt(unbounded, beyond)).status).toBe(200), {
      timeout: 30_000,
      interval: 20,
    });
    expect((await receipt(scoped, within)).status).toBe(200);
    expect((await receipt(scoped, beyond)).status).toBe(404);
  });
});
