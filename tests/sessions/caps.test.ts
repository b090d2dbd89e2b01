import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { metric } from "../support/observed.ts";
import { programFile } from "../support/programs/program-file.ts";
import { send } from "../support/requests.ts";
import {
  initialize,
  startSessionsUnderTest,
  type SessionsUnderTest,
} from "../support/sessions-under-test.ts";

let tools: McpServerHandle;
/** No session gives way before it is unused for a month. */
let strict: SessionsUnderTest;
/** Each unused session gives way. */
let giving: SessionsUnderTest;
beforeAll(async () => {
  tools = await startMcpServer();
  const upstreams = [
    { name: "http", transport: "http", url: tools.url, sensitivity: "low" },
    {
      name: "stdio",
      transport: "stdio",
      command: process.execPath,
      args: [programFile("mcp-server"), "--stdio"],
      sensitivity: "low",
    },
  ];
  const capped = (displaceAfter: string) =>
    startSessionsUnderTest({ upstreams, config: { sessions: { maxPerPrincipal: 2, displaceAfter } } });
  [strict, giving] = await Promise.all([capped("31d"), capped("0s")]);
});
afterAll(async () => {
  await Promise.all([strict.close(), giving.close()]);
  await tools.close();
});

async function connect(scene: SessionsUnderTest, server: string, caller: string) {
  const client = await scene.connect("v1 SDK", server, caller);
  onTestFinished(() => client.close().catch(() => undefined));
  return client;
}

describe("sessions beyond the cap of their principal, over all servers [GTW-2]", () => {
  it("are refused with 429 and a hint while the others are in use or were used lately", async () => {
    const first = await connect(strict, "http", "alice");
    await connect(strict, "stdio", "alice");
    const before = tools.sessions();
    const refused = await initialize(strict, "http", "alice");
    expect(refused).toMatchObject({
      status: 429,
      headers: { "retry-after": "60" },
      json: { error: { code: -32011, data: { reason_code: "too_many_sessions" } } },
    });
    expect(tools.sessions()).toBe(before);
    await expect(connect(strict, "http", "alice")).rejects.toThrow(/2 sessions, which is your limit/);
    expect(await metric(strict.gateway, "sark_gateway_sessions_refused_total", { limit: "principal" })).toBe(
      2,
    );
    // Those of others, and what is done without a session, are not concerned.
    await (await connect(strict, "http", "bob")).callTool("echo", { text: "x" });
    const stateless = await strict.connect("v2 client, stateless", "http", "alice");
    await stateless.callTool("echo", { text: "x" });
    await stateless.close();
    await first.terminate();
    await (await connect(strict, "http", "alice")).callTool("echo", { text: "x" });
  });

  it("take the place of one that its client left behind, and its server learns of it", async () => {
    const caller = "crashing";
    const kept = await connect(giving, "http", caller);
    const ids: string[] = [];
    const before = tools.sessions();
    for (let at = 0; at < 5; at += 1) {
      const { headers, status } = await initialize(giving, "http", caller);
      expect(status).toBe(200);
      ids.push(String(headers["mcp-session-id"]));
    }
    // The client that listens keeps its session.
    await kept.callTool("echo", { text: "still here" });
    expect(await giving.list(`?user=${caller}`)).toHaveLength(2);
    await vi.waitFor(() => expect(tools.sessions()).toBe(before + 1));
    const back = await send(giving.gateway.url, {
      path: "/mcp/http",
      headers: { ...(await giving.as(caller)), "mcp-session-id": ids[0] },
      body: { jsonrpc: "2.0", id: 7, method: "ping" },
    });
    expect(back).toMatchObject({
      status: 404,
      json: { id: 7, error: { code: -32001, data: { reason_code: "unknown_session" } } },
    });
    expect(back.text).toContain("another session of the same caller needed its place");
  });
});
