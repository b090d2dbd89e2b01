import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { programFile } from "../support/programs/program-file.ts";
import { auditRows } from "../support/observed.ts";
import { connectClient } from "../support/official-clients.ts";
import { initialization, send } from "../support/requests.ts";

let server: McpServerHandle;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  server = await startMcpServer();
  const stdio = {
    transport: "stdio",
    command: process.execPath,
    args: [programFile("mcp-server"), "--stdio"],
  };
  gateway = await startGatewayUnderTest({
    upstreams: [
      { name: "http", transport: "http", url: server.url, sensitivity: "low" },
      { name: "stdio", ...stdio, sensitivity: "low", limits: { sessionsPerCaller: 1 } },
      { name: "idle", ...stdio, sensitivity: "low", timeouts: { sessionIdle: "300ms" } },
    ],
  });
});
afterAll(async () => {
  await gateway.close();
  await server.close();
});

const connect = (name: string) =>
  connectClient("v1 SDK", `${gateway.url}/mcp/${name}`, {
    headers: { authorization: `Bearer ${gateway.apiKey}` },
  });

/** What is on record of sessions at a server: type, phase, outcome or reason, and the session. */
async function sessions(name: string) {
  const rows = await auditRows(gateway.databaseUrl, "server_name = $1 AND event_type LIKE 'session%'", name);
  return rows.map((row) => ({
    type: row.event_type,
    what: row.phase === "outcome" ? row.outcome : (row.metadata["reason_code"] as string),
    phase: row.phase,
    user: row.user_id ?? row.agent_id,
    credential: row.credential,
    session: row.session_id,
  }));
}

async function ended(name: string, reason: string) {
  await vi.waitFor(async () => {
    expect(await sessions(name)).toContainEqual(
      expect.objectContaining({ type: "session_end", what: reason }),
    );
  });
  return sessions(name);
}

it.each([
  ["http", "deleted"],
  ["stdio", "deleted"],
])(
  "the begin and the end of a session at %s are on record, with who it was and why it ended [AUD-1]",
  async (name) => {
    const client = await connect(name);
    await client.callTool("echo", { text: "hi" });
    await client.terminate();
    await client.close();
    const [intent, outcome, end, ...more] = await ended(name, "deleted");
    const { user, credential } = intent ?? {};
    expect(credential).toMatch(/.+/);
    expect(user).toMatch(/.+/);
    const session = outcome?.session;
    expect(session).toMatch(/^[\w-]{22}$/);
    expect([intent, outcome, end, ...more]).toEqual([
      { type: "session_begin", phase: "intent", what: "allowed", user, credential, session: null },
      { type: "session_begin", phase: "outcome", what: "ok", user, credential, session },
      { type: "session_end", phase: "decision", what: "deleted", user, credential, session },
    ]);
    const calls = await auditRows(gateway.databaseUrl, "server_name = $1 AND tool_name = 'echo'", name);
    expect(calls.map((row) => row.session_id)).toEqual([session, session]);
  },
);

it("the end of a session says that it was idle, that another needed its place, or that its server forgot it", async () => {
  // No client: its second request could come when the session is over.
  const begun = await send(
    gateway.url,
    initialization("idle", { authorization: `Bearer ${gateway.apiKey}` }),
  );
  expect(begun.status).toBe(200);
  await ended("idle", "idle");

  const one = await connect("stdio");
  const two = await connect("stdio");
  await ended("stdio", "displaced");
  await expect(one.callTool("echo", { text: "hi" })).rejects.toThrow();
  await Promise.all([one.close(), two.close()]);

  const forgotten = await connect("http");
  // One that has called something is not renewed.
  await forgotten.callTool("echo", { text: "hi" });
  await server.forgetSessions();
  for (let time = 0; time < 2; time += 1) {
    await expect(forgotten.callTool("echo", { text: "hi" })).rejects.toThrow();
  }
  await forgotten.close();
  const rows = await ended("http", "unknown_upstream");
  expect(rows.filter(({ what }) => what === "unknown_upstream")).toHaveLength(1);
});
