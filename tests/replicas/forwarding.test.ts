import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuditDatabase } from "@sark/audit/testing";
import {
  createAuthority,
  type CertificateAuthority,
  mcpServerProgram,
  requireServer,
  startHaproxy,
  startMcpServer,
  startRedis,
  type Haproxy,
  type McpServerHandle,
  type Redis,
} from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { EVERYONE_MAY, spawnGateway, untilReady, type GatewayProcess } from "../support/gateway-process.ts";
import { EVERYONE, startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { connectClient, type ClientKind, type OfficialClient } from "../support/official-clients.ts";
import { send } from "../support/requests.ts";

const NAMES = ["a", "b", "c"];
const KINDS: readonly ClientKind[] = ["v1 SDK", "v2 client with sessions"];
const installed = (["haproxy", "redis-server", "openssl"] as const).every(
  (name) => requireServer(name) !== null,
);

describe.skipIf(!installed)("three replicas with one Redis, behind a balancer without affinity", () => {
  let tools: McpServerHandle;
  let database: Awaited<ReturnType<typeof createAuditDatabase>>;
  let redis: Redis;
  let haproxy: Haproxy;
  let folder: string;
  let authority: CertificateAuthority;
  /** In this process; those that may be killed are not. */
  const HERE = "a";
  let here: GatewayUnderTest | undefined;
  const replicas = new Map<string, GatewayProcess>();
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sark-forwarding-"));
    writeFileSync(join(folder, "session-key"), randomBytes(32).toString("hex"));
    authority = createAuthority(folder, "replicas");
    [tools, redis, haproxy] = await Promise.all([startMcpServer(), startRedis(), startHaproxy(NAMES)]);
    database = await createAuditDatabase();
    // The first makes the key of the log and the API key that all of them use.
    await start(HERE);
    await Promise.all(NAMES.filter((name) => name !== HERE).map(start));
  });
  afterAll(async () => {
    for (const replica of replicas.values()) {
      replica.kill("SIGKILL");
    }
    await Promise.all([...replicas.values()].map(({ exited }) => exited));
    await here?.close();
    await Promise.all([haproxy.close(), tools.close(), redis.close()]);
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  async function start(name: string): Promise<void> {
    const file = join(folder, `${name}.json`);
    const { certFile, keyFile } = authority.issue(`replica-${name}-${randomBytes(3).toString("hex")}`, {
      extensions: ["subjectAltName = IP:127.0.0.1"],
    });
    const stdio = { transport: "stdio", command: process.execPath, args: [mcpServerProgram, "--stdio"] };
    const upstreams = [
      { name: "http", transport: "http", url: tools.url, sensitivity: "low" },
      { name: "stdio", ...stdio, sensitivity: "low" },
    ];
    const config = {
      dataDirectory: join(folder, name),
      authentication: { apiKeysFile: join(folder, "api-keys.json") },
      mcp: { sessionKey: `\${file:${join(folder, "session-key")}}` },
      redis: { url: `redis://127.0.0.1:${redis.port}`, timeout: "5s" },
      replicas: { tls: { certFile, keyFile, caFile: authority.certFile } },
      audit: { logKeyFile: join(folder, "log.pem") },
      database: { url: database.url },
    };
    let url: string;
    if (name === HERE) {
      here = await startGatewayUnderTest({ upstreams, config, policies: EVERYONE });
      ({ url } = here);
    } else {
      writeFileSync(file, JSON.stringify({ ...config, upstreams }));
      const replica = spawnGateway({ environment: EVERYONE_MAY, args: ["--config", file] });
      replicas.set(name, replica);
      await untilReady(replica);
      url = replica.url();
    }
    await haproxy.point(name, Number(new URL(url).port));
    await vi.waitFor(async () => expect(await haproxy.isUp(name)).toBe(true));
  }

  const credentials = () => ({ "x-api-key": readFileSync(join(folder, "admin.key"), "utf8").trim() });

  async function connect(
    kind: ClientKind,
    server: string,
    options: { onToolsChanged?(): void; onSession?(id: string): void } = {},
  ): Promise<OfficialClient> {
    const { onSession, ...rest } = options;
    const client = await connectClient(kind, `${haproxy.url}/mcp/${server}`, {
      headers: credentials(),
      ...rest,
      onResponse: ({ headers }) => onSession?.(headers.get("mcp-session-id") ?? ""),
    });
    onTestFinished(() => client.close().catch(() => undefined));
    return client;
  }

  interface Listed {
    readonly fingerprint: string;
    readonly server: string;
    readonly replica: string;
    readonly streams_open: number;
    readonly created_at: string;
  }

  async function listed(server: string): Promise<Listed[]> {
    const { json } = await send(haproxy.url, {
      method: "GET",
      path: `/admin/v1/sessions?server=${server}&limit=1000`,
      headers: credentials(),
    });
    return (json as { sessions: Listed[] }).sessions;
  }

  it("serve sessions with a process each, and those of an HTTP server, at whichever replica a request comes to; each call is on record once [GTW-6] [GTW-2]", async () => {
    const clients: OfficialClient[] = [];
    const heard: string[] = [];
    const begin = async (kind: ClientKind, server: string) => {
      const name = `${server} ${clients.length}`;
      clients.push(await connect(kind, server, { onToolsChanged: () => void heard.push(name) }));
    };
    // Until each replica holds a process.
    let holders = 0;
    while (clients.length < 6 || holders < NAMES.length) {
      await begin(KINDS[clients.length % 2]!, "stdio");
      holders = new Set((await listed("stdio")).map(({ replica }) => replica)).size;
    }
    const held = clients.length;
    for (let at = 0; at < 6; at += 1) {
      await begin(KINDS[at % 2]!, "http");
    }
    let calls = 0;
    await Promise.all(
      clients.map(async (client, at) => {
        for (let turn = 0; turn < 6; turn += 1) {
          const text = `call ${at}.${turn}`;
          calls += 1;
          expect(await client.callTool("echo", { text })).toMatchObject({ content: [{ text }] });
        }
      }),
    );
    const rows = await vi.waitFor(async () => {
      const found = await auditRows(database.url, "tool_name = 'echo'");
      expect(found.filter(({ phase }) => phase === "outcome")).toHaveLength(calls);
      return found;
    });
    expect(rows.filter(({ phase }) => phase === "intent")).toHaveLength(calls);
    expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set([null, "ok"]));
    expect(new Set(rows.map(({ session_id: id }) => id)).size).toBe(clients.length);

    // What a process says to all who listen comes over the stream of its session, wherever that was opened.
    await vi.waitFor(async () =>
      expect((await listed("stdio")).map(({ streams_open: open }) => open)).toEqual(Array(held).fill(1)),
    );
    await Promise.all(
      clients.slice(0, held).map((client) => client.callTool("test_trigger_tool_change", {})),
    );
    await vi.waitFor(() => expect(new Set(heard.filter((name) => name.startsWith("stdio"))).size).toBe(held));

    // Each is ended by its client, and by that alone, whichever replica hears of it.
    await Promise.all(clients.map((client) => client.terminate()));
    const ends = await vi.waitFor(async () => {
      const found = await auditRows(database.url, "event_type = 'session_end'");
      expect(found).toHaveLength(clients.length);
      return found;
    });
    expect(new Set(ends.map(({ metadata }) => metadata["reason_code"]))).toEqual(new Set(["deleted"]));
    // The list is of all replicas, and hears of an end after the log.
    await vi.waitFor(async () => expect(await listed("stdio")).toEqual([]));
  });

  it("lose no session but those whose process was at a replica that is killed: 404, and its client goes on with another [GTW-6]", async () => {
    const spread: { client: OfficialClient; id: string; replica: string }[] = [];
    const isHere = (replica: string) => replica.endsWith(`:${process.pid}`);
    // Until two replicas hold one each, and one that can be killed the last one.
    while (new Set(spread.map(({ replica }) => replica)).size < 2 || isHere(spread.at(-1)!.replica)) {
      let id = "";
      const client = await connect("v1 SDK", "stdio", { onSession: (given) => (id ||= given) });
      const [newest] = await listed("stdio");
      spread.push({ client, id, replica: newest!.replica });
    }
    const http = await connect("v1 SDK", "http");
    const doomed = spread.at(-1)!;
    const victim = [...replicas.values()].find(({ pid }) => doomed.replica.endsWith(`:${pid}`))!;
    const rest = spread.filter(({ replica }) => replica !== doomed.replica);
    const running = doomed.client.callTool("stream", { count: 1, gate: "never" }).then(
      () => "a result",
      (error: Error) => error.message,
    );
    await vi.waitFor(async () =>
      expect(await auditRows(database.url, "tool_name = 'stream' AND phase = 'intent'")).toHaveLength(1),
    );
    victim.kill("SIGKILL");
    await victim.exited;
    expect(await running).not.toBe("a result");

    const before = new Set<number>();
    const ping = async () => {
      const response = await send(haproxy.url, {
        path: "/mcp/stdio",
        headers: { ...credentials(), "mcp-session-id": doomed.id },
        body: { jsonrpc: "2.0", id: 7, method: "ping" },
      });
      before.add(response.status);
      expect(response.status).toBe(404);
      return response;
    };
    // Its lease is 12 s: until then it may be there again, and the session with it.
    const lost = await vi.waitFor(ping, { timeout: 60_000, interval: 200 });
    expect([...before]).toEqual([503, 404]);
    expect(lost.json).toMatchObject({ id: 7, error: { data: { reason_code: "unknown_session" } } });
    expect(lost.text).toContain("initialize again");
    for (const { client } of rest) {
      expect(await client.callTool("echo", { text: "still here" })).toMatchObject({ content: [{}] });
    }
    await http.callTool("echo", { text: "still here" });
    const again = await connect("v1 SDK", "stdio");
    expect(await again.callTool("echo", { text: "back" })).toMatchObject({ content: [{ text: "back" }] });
    const ends = await vi.waitFor(async () => {
      const found = await auditRows(
        database.url,
        "event_type = 'session_end' AND metadata->>'reason_code' = 'died'",
      );
      expect(found).not.toHaveLength(0);
      return found;
    });
    expect(new Set(ends.map(({ session_id: id }) => id)).size).toBe(ends.length);
    // What it was at is on record as begun, once, without an end.
    const calls = await auditRows(database.url, "tool_name = 'stream'");
    expect(calls.map(({ phase }) => phase)).toEqual(["intent"]);
  });
});
