import { PEER_SESSION_REVISION, startMcpServer, type McpServerHandle } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows, metric } from "../support/observed.ts";
import { connectClient, type OfficialClient } from "../support/official-clients.ts";
import { initialization, send } from "../support/requests.ts";

const WITH_SESSIONS = ["v1 SDK", "v2 client with sessions"] as const;

describe("a session whose server was restarted [GTW-6]", () => {
  let tools: McpServerHandle;
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    tools = await startMcpServer();
    const upstream = { transport: "http", url: tools.url, sensitivity: "low" };
    gateway = await startGatewayUnderTest({
      upstreams: [
        { name: "unused", ...upstream },
        { name: "used", ...upstream, renewSessions: "used" },
        { name: "never", ...upstream, renewSessions: "never" },
      ],
    });
  });
  afterAll(async () => {
    await gateway.close();
    await tools.close();
  });

  const headers = () => ({ "x-api-key": gateway.apiKey });
  const connect = (kind: (typeof WITH_SESSIONS)[number], server: string): Promise<OfficialClient> =>
    connectClient(kind, `${gateway.url}/mcp/${server}`, { headers: headers() });
  const echo = (client: OfficialClient, text: string) => client.callTool("echo", { text });
  const renewals = (server: string) =>
    metric(gateway, "sark_gateway_upstream_sessions_renewed_total", { server });

  it.each(WITH_SESSIONS)("goes on for the %s where it had called nothing", async (kind) => {
    const client = await connect(kind, "unused");
    await client.tools();
    await tools.forgetSessions();
    expect(await echo(client, "after it")).toMatchObject({ content: [{ text: "after it" }] });
    expect(await client.tools()).toContain("echo");
    await client.terminate();
    expect(tools.sessions()).toBe(0);
    await client.close();
  });

  it.each(WITH_SESSIONS)("is over for the %s where a tool may have kept something of it", async (kind) => {
    const client = await connect(kind, "unused");
    await echo(client, "before");
    await tools.forgetSessions();
    await expect(echo(client, "after")).rejects.toThrow(/no such session|not found/i);
    await client.close();
  });

  it("goes on again and again where its server keeps nothing between calls, and each call runs once", async () => {
    const client = await connect("v1 SDK", "used");
    const before = await renewals("used");
    tools.clearRequests();
    for (const text of ["one", "two", "three"]) {
      await tools.forgetSessions();
      expect(await echo(client, text)).toMatchObject({ content: [{ text }] });
    }
    expect(await renewals("used")).toBe(before + 3);
    const ran = tools.requests().filter(({ method, status }) => method === "tools/call" && status === 200);
    expect(ran).toHaveLength(3);
    const rows = await auditRows(gateway.databaseUrl, "server_name = 'used' AND tool_name = 'echo'");
    expect(rows.filter(({ phase }) => phase === "intent")).toHaveLength(3);
    expect(new Set(rows.map(({ session_id: session }) => session)).size).toBe(1);
    await client.close();
  });

  it("is renewed once for calls that come together", async () => {
    const client = await connect("v1 SDK", "used");
    await tools.forgetSessions();
    const before = await renewals("used");
    const texts = Array.from({ length: 10 }, (_, number) => `call ${number}`);
    const results = await Promise.all(texts.map((text) => echo(client, text)));
    expect(results).toMatchObject(texts.map((text) => ({ content: [{ text }] })));
    expect(await renewals("used")).toBe(before + 1);
    await client.close();
  });

  it("is over where the client counts on what the protocol keeps: it begins anew and says it again", async () => {
    const session = await begin("used");
    const levelled = await post("used", session, {
      id: 2,
      method: "logging/setLevel",
      params: { level: "info" },
    });
    expect(levelled.status).toBe(200);
    await tools.forgetSessions();
    expect((await post("used", session, { id: 3, method: "tools/list" })).status).toBe(404);
  });

  it("is over where the operator wants it so", async () => {
    const session = await begin("never");
    await tools.forgetSessions();
    expect((await post("never", session, { id: 2, method: "tools/list" })).status).toBe(404);
  });

  it("does not go on after an event that the server has forgotten", async () => {
    const session = await begin("used");
    const called = await post("used", session, {
      id: 2,
      method: "tools/call",
      params: { name: "echo", arguments: { text: "a" } },
    });
    const given = /^id: (.+)$/m.exec(called.text)?.[1];
    expect(given).toMatch(/\.[\w-]{22}$/);
    await tools.forgetSessions();
    const { status } = await send(gateway.url, {
      method: "GET",
      path: "/mcp/used",
      headers: { ...sessionHeaders(session), accept: "text/event-stream", "last-event-id": given ?? "" },
    });
    expect(status).toBe(404);
  });

  const sessionHeaders = (session: string) => ({
    ...headers(),
    "mcp-session-id": session,
    "mcp-protocol-version": PEER_SESSION_REVISION,
  });
  const post = (server: string, session: string, message: object) =>
    send(gateway.url, {
      path: `/mcp/${server}`,
      headers: sessionHeaders(session),
      body: { jsonrpc: "2.0", ...message },
    });
  async function begin(server: string): Promise<string> {
    const response = await send(gateway.url, initialization(server, headers()));
    return String(response.headers["mcp-session-id"]);
  }
});
