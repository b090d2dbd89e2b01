import {
  PEER_SESSION_REVISION,
  PEER_STATELESS_REVISION,
  startMcpServer,
  type McpServerHandle,
} from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { adminCommand } from "../support/admin-command.ts";
import { auditRows, metric } from "../support/observed.ts";
import { programFile } from "../support/programs/program-file.ts";
import type { ClientKind, OfficialClient } from "../support/official-clients.ts";
import { startSessionsUnderTest, type SessionsUnderTest } from "../support/sessions-under-test.ts";

let tools: McpServerHandle;
let scene: SessionsUnderTest;
beforeAll(async () => {
  tools = await startMcpServer();
  const stdio = {
    transport: "stdio",
    command: process.execPath,
    args: [programFile("mcp-server"), "--stdio"],
  };
  scene = await startSessionsUnderTest({
    upstreams: [
      { name: "http", transport: "http", url: tools.url, sensitivity: "low" },
      { name: "stdio", ...stdio, sensitivity: "low" },
    ],
  });
});
afterAll(async () => {
  await scene.close();
  await tools.close();
});

async function connect(kind: ClientKind, server: string, caller: string): Promise<OfficialClient> {
  const client = await scene.connect(kind, server, caller);
  onTestFinished(() => client.close().catch(() => undefined));
  return client;
}

const running = (caller: string) =>
  vi.waitFor(async () => {
    const [found] = (await scene.list(`?user=${caller}`)).filter(({ calls_running: calls }) => calls > 0);
    return found ?? Promise.reject(new Error("no call runs"));
  });

describe("the sessions of a gateway [GTW-2] [GTW-11]", () => {
  it("are listed with who, where and what their clients say that they are, and no id that is a credential", async () => {
    const ids: string[] = [];
    const headers = await scene.as("lena@acme");
    const response = await fetch(`${scene.gateway.url}/mcp/http`, {
      method: "POST",
      headers: {
        ...headers,
        accept: "application/json, text/event-stream",
        "content-type": "application/json",
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: {
          protocolVersion: PEER_SESSION_REVISION,
          capabilities: {},
          clientInfo: { name: "evil\u001b[2J\r\nname", version: "x".repeat(1_000) },
        },
      }),
    });
    await response.text();
    ids.push(response.headers.get("mcp-session-id") ?? "");
    await (await connect("v2 client with sessions", "stdio", "lena@acme")).callTool("echo", { text: "x" });
    await (await connect("v2 client, stateless", "http", "lena@acme")).callTool("echo", { text: "x" });
    const listed = await scene.list("?user=lena");
    expect(listed).toMatchObject([
      {
        kind: "activity",
        server: "http",
        protocol_version: PEER_STATELESS_REVISION,
        client: { name: "test", version: "1" },
        expires_at: null,
      },
      { kind: "session", server: "stdio", transport: "stdio", client: { name: "test", version: "1" } },
      {
        kind: "session",
        server: "http",
        transport: "http",
        principal: "lena",
        tenant: "acme",
        client: { name: "evil [2J name", version: "x".repeat(100) },
        calls: 1,
        calls_running: 0,
      },
    ]);
    const [id = ""] = ids;
    expect(id).toMatch(/\.[\w-]{22}$/);
    for (const part of id.split(".")) {
      expect(JSON.stringify(listed)).not.toContain(part);
    }
    const [first] = listed;
    expect((await scene.admin(`sessions/${first?.fingerprint}`)).json).toMatchObject({
      fingerprint: first?.fingerprint,
      principal: "lena",
    });
    expect(await scene.admin("sessions/unknown")).toMatchObject({ status: 404 });
  });

  it("are listed page by page, each once, also where some end between the pages", async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => connect("v1 SDK", "http", "paula")));
    const pages: unknown[] = [];
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const { json } = await scene.admin(`sessions?user=paula&limit=2${query}`);
      const page = json as { sessions: { fingerprint: string }[]; next_cursor: string | null };
      pages.push(page.sessions.length);
      seen.push(...page.sessions.map(({ fingerprint }) => fingerprint));
      cursor = page.next_cursor;
      await clients.pop()?.terminate();
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(pages.length).toBeGreaterThan(1);
    expect((await scene.admin("sessions?cursor=abc")).status).toBe(400);
    expect((await scene.admin("sessions?limit=0")).status).toBe(400);
  });

  it("are those of its own tenant alone for who is bound to one; to ask for another's is a denial on record", async () => {
    await connect("v1 SDK", "http", "tina@acme");
    await connect("v1 SDK", "http", "tina@other");
    expect(await scene.list("?user=tina")).toHaveLength(2);
    const own = await scene.list("?user=tina", "root@acme");
    expect(own.map(({ tenant }) => tenant)).toEqual(["acme"]);
    expect(await scene.admin("sessions?tenant=other", { as: "root@acme" })).toMatchObject({ status: 403 });
    const [others] = await scene.list("?user=tina&tenant=other");
    const path = `sessions/${others?.fingerprint}`;
    expect(await scene.admin(path, { as: "root@acme" })).toMatchObject({ status: 404 });
    const body = { reason: "not mine" };
    expect(await scene.admin(`${path}/end`, { as: "root@acme", body })).toMatchObject({ status: 404 });
    expect(await scene.list("?user=tina&tenant=other")).toHaveLength(1);
    const denials = await auditRows(
      scene.gateway.databaseUrl,
      "event_type = 'session_control' AND decision = 'deny' AND tenant_id = 'acme'",
    );
    const operations = denials.map(({ metadata }) => metadata["operation"]);
    expect(operations).toEqual(["session_list", "session_show", "session_end"]);
  });
});

describe("a session that an operator ends [GTW-2] [GTW-11]", () => {
  it.each([
    ["v1 SDK", "http"],
    ["v2 client with sessions", "http"],
    ["v1 SDK", "stdio"],
    ["v2 client with sessions", "stdio"],
  ] as const)(
    "while a call of the %s runs at %s: the call is cancelled and gets its outcome, the server is told, the id is refused",
    async (kind, server) => {
      const caller = `ended-${kind.slice(0, 2)}-${server}`;
      const client = await connect(kind, server, caller);
      const sessionsBefore = tools.sessions();
      const call = client.callTool("stream", { count: 1, gate: caller }).then(
        () => "a result",
        (error: Error) => error.message,
      );
      const { fingerprint } = await running(caller);
      const ended = await scene.admin(`sessions/${fingerprint}/end`, { body: { reason: "stolen laptop" } });
      expect(ended).toMatchObject({ status: 200, json: { fingerprint, calls_running: 1 } });
      expect(await call).toContain("session was ended");
      await expect(client.callTool("echo", { text: "x" })).rejects.toThrow(/an operator ended it/);
      expect(await scene.list(`?user=${caller}`)).toEqual([]);
      if (server === "http") {
        await vi.waitFor(() => expect(tools.sessions()).toBe(sessionsBefore - 1));
      } else {
        const processes = { server: "stdio", role: "session" };
        const open = (await scene.list("?server=stdio")).filter(({ kind: one }) => one === "session").length;
        await vi.waitFor(async () =>
          expect(await metric(scene.gateway, "sark_gateway_upstream_processes", processes)).toBe(open),
        );
      }
      const rows = await vi.waitFor(async () => {
        const found = await auditRows(
          scene.gateway.databaseUrl,
          "user_id = $1 AND ((tool_name = 'stream' AND phase = 'outcome') OR event_type = 'session_end')",
          caller,
        );
        return found.length === 2 ? found : Promise.reject(new Error(`${found.length} of 2`));
      });
      expect(rows.find(({ phase }) => phase === "outcome")).toMatchObject({
        outcome: "cancelled",
        session_id: fingerprint,
      });
      expect(rows.find(({ event_type: type }) => type === "session_end")).toMatchObject({
        session_id: fingerprint,
        metadata: { reason_code: "ended" },
      });
      const [change] = await auditRows(
        scene.gateway.databaseUrl,
        "event_type = 'session_control' AND metadata->'asked'->>'session' = $1",
        fingerprint,
      );
      expect(change).toMatchObject({ user_id: "root", metadata: { asked: { reason: "stolen laptop" } } });
      // Its client begins anew.
      await (await connect(kind, server, caller)).callTool("echo", { text: "back" });
    },
  );

  it("without a session: what runs is cut, and the next call begins another activity", async () => {
    const client = await connect("v2 client, stateless", "http", "nora");
    const call = client.callTool("stream", { count: 1, gate: "nora" }).then(
      () => "a result",
      (error: Error) => error.message,
    );
    const { fingerprint } = await running("nora");
    await scene.admin(`sessions/${fingerprint}/end`, { body: { reason: "runaway" } });
    expect(await call).toContain("session was ended");
    await client.callTool("echo", { text: "again" });
    expect(await scene.list("?user=nora")).toMatchObject([{ kind: "activity", calls: 1 }]);
  });

  it("has its stream end, and counts in the metrics [MET-8]", async () => {
    const client = await connect("v1 SDK", "http", "gina");
    await vi.waitFor(async () => expect(await scene.list("?user=gina")).toMatchObject([{ streams_open: 1 }]));
    const [session] = await scene.list("?user=gina");
    const labels = { server: "http", kind: "session" };
    const active = await metric(scene.gateway, "sark_gateway_active_sessions", labels);
    const users = await metric(scene.gateway, "sark_gateway_unique_users", { type: "user" });
    const ends = await metric(scene.gateway, "sark_gateway_session_ends_total", { reason: "ended" });
    // Those whose server is a process, too: its clients come over HTTP.
    const overHttp = { network_transport: "tcp" };
    const lasted = await metric(scene.gateway, "mcp_server_session_duration_seconds_count", overHttp);
    expect(lasted).toBe(await metric(scene.gateway, "mcp_server_session_duration_seconds_count"));
    await scene.admin(`sessions/${session?.fingerprint}/end`, { body: { reason: "drill" } });
    const open = "sark_gateway_open_streams";
    await vi.waitFor(async () => expect(await metric(scene.gateway, open, { stream: "session" })).toBe(0));
    expect(await metric(scene.gateway, "sark_gateway_active_sessions", labels)).toBe(active - 1);
    expect(await metric(scene.gateway, "sark_gateway_unique_users", { type: "user" })).toBe(users - 1);
    expect(await metric(scene.gateway, "sark_gateway_session_ends_total", { reason: "ended" })).toBe(
      ends + 1,
    );
    expect(await metric(scene.gateway, "mcp_server_session_duration_seconds_count", overHttp)).toBe(
      lasted + 1,
    );
    await client.close();
  });

  it("needs a reason and the role", async () => {
    await connect("v1 SDK", "http", "rosa");
    const [session] = await scene.list("?user=rosa");
    const path = `sessions/${session?.fingerprint}/end`;
    expect(await scene.admin(path, { body: {} })).toMatchObject({ status: 400 });
    expect(await scene.admin(path, { as: "rosa", body: { reason: "mine" } })).toMatchObject({ status: 403 });
    expect(await scene.list("?user=rosa")).toHaveLength(1);
  });
});

it("the status of a gateway is one document [GTW-11]", async () => {
  await connect("v1 SDK", "http", "stella");
  const { json } = await scene.admin("status");
  expect(json).toMatchObject({
    replica: expect.stringMatching(/:\d+$/) as string,
    state: "serving",
    sessions: { max: 20_000, max_per_principal: 1_000, idle_timeout_seconds: 1_800 },
    limits: { requests_per_caller: 1_000, rate_limit_rules: 0, shared: "no" },
    audit_store: { available: true },
  });
  const { open, principals } = (json as { sessions: { open: number; principals: number } }).sessions;
  const listed = await scene.list("?limit=1000");
  expect(open).toBe(listed.filter(({ kind }) => kind === "session").length);
  expect(principals).toBe(new Set(listed.map(({ principal, tenant }) => `${principal} ${tenant}`)).size);
});

const admin = (...args: string[]) => adminCommand(scene.gateway, ...args);

describe("gateway-admin [CLI-1] [CLI-5]", () => {
  it("status shows how the gateway stands, for people and as JSON", async () => {
    const healthy = () => scene.admin("status").then(({ json }) => json as { health: { status: string } });
    await vi.waitFor(async () => expect((await healthy()).health.status).toBe("ok"));
    const shown = await admin("status");
    expect(shown).toMatchObject({ code: 0, err: "" });
    expect(shown.out).toMatch(/^state +serving$/m);
    expect(shown.out).toMatch(/^sessions +\d+, and \d+ without one, of 20,000 that fit; of \d+ principals$/m);
    expect(shown.out).toMatch(/^audit store +takes records, /m);
    const { code, out } = await admin("status", "--json");
    expect([code, JSON.parse(out)]).toMatchObject([0, { state: "serving", health: { status: "ok" } }]);
  });

  it("sessions list, show and end", async () => {
    await connect("v1 SDK", "http", "carla@acme");
    const list = async () => {
      const listed = await admin("sessions", "list", "--user", "carla");
      expect(listed).toMatchObject({ code: 0, err: "" });
      return listed.out.split("\n");
    };
    // The client opens its stream after it is connected.
    const [, row] = await vi.waitFor(async () => {
      const lines = await list();
      expect(lines[0]).toMatch(/^SESSION +KIND +PRINCIPAL +TENANT +SERVER +CLIENT +AGE +UNUSED +CALLS$/);
      expect(lines[1]).toMatch(/^\S{22}  session  user carla  acme +http +test 1 +\S+ s +in use +\d+$/);
      return lines;
    });
    const fingerprint = row?.slice(0, 22) ?? "";
    const asJson = await admin("sessions", "list", "--user", "carla", "--json");
    expect(JSON.parse(asJson.out)).toMatchObject({ sessions: [{ fingerprint, principal: "carla" }] });
    const shown = await admin("sessions", "show", fingerprint);
    expect(shown.out).toMatch(/^principal +user carla$/m);
    expect(shown.out).toMatch(/^client +test 1$/m);
    expect(await admin("sessions", "end", "--yes", fingerprint, "--reason", "drill")).toEqual({
      code: 0,
      out: "The session of carla at http is ended: 0 calls were cancelled, 1 streams closed.\n",
      err: "",
    });
    expect(await admin("sessions", "show", fingerprint)).toMatchObject({ code: 2, out: "" });
    expect(await admin("sessions", "end", "--yes", fingerprint)).toMatchObject({ code: 2, out: "" });
    expect(await admin("sessions", "list", "--user", "carla")).toMatchObject({ out: "No sessions.\n" });
    expect((await admin("sessions", "end", "--yes", "--help")).out).toContain("EXAMPLE");
  });
});
