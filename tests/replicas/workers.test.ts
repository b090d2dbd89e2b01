import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuditDatabase } from "@sark/audit/testing";
import {
  mcpServerProgram,
  PEER_SESSION_REVISION,
  requireServer,
  startMcpServer,
  startPrometheus,
  startRedis,
  type McpServerHandle,
  type Redis,
} from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { alive, spawnGateway, untilReady, type GatewayProcess } from "../support/gateway-process.ts";
import { auditRows } from "../support/observed.ts";
import { CLIENTS, connectClient } from "../support/official-clients.ts";
import { send } from "../support/requests.ts";

const WORKERS = 2;

describe.skipIf(requireServer("redis-server") === null)("a gateway of several workers", () => {
  let tools: McpServerHandle;
  let database: Awaited<ReturnType<typeof createAuditDatabase>>;
  let redis: Redis;
  let folder: string;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sark-workers-"));
    tools = await startMcpServer();
    database = await createAuditDatabase();
    redis = await startRedis();
    gateway = await start();
  });
  afterAll(async () => {
    gateway.kill("SIGKILL");
    await gateway.exited;
    await redis.close();
    await tools.close();
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  function spawn(settings: object): GatewayProcess {
    const file = join(folder, "sark.json");
    writeFileSync(
      file,
      JSON.stringify({ workers: WORKERS, dataDirectory: join(folder, "data"), ...settings }),
    );
    return spawnGateway({ environment: { DATABASE_URL: database.url }, args: ["--config", file] });
  }

  async function start(): Promise<GatewayProcess> {
    const started = spawn({
      redis: { url: `redis://127.0.0.1:${redis.port}`, timeout: "5s" },
      logging: { files: {} },
      rateLimits: { rules: [{ for: "tool", name: "add", requests: 5, period: "1h" }] },
      upstreams: [
        { name: "tools", transport: "http", url: tools.url, sensitivity: "low" },
        {
          name: "program",
          transport: "stdio",
          command: process.execPath,
          args: [mcpServerProgram, "--stdio"],
          sensitivity: "low",
        },
      ],
    });
    await untilReady(started);
    return started;
  }

  const credentials = () => ({ "x-api-key": readFileSync(join(folder, "data", "admin.key"), "utf8").trim() });
  const get = (path: string) => send(gateway.url(), { method: "GET", path, headers: credentials() });
  const change = (path: string, body: object) => send(gateway.url(), { path, body, headers: credentials() });
  const connect = (kind: (typeof CLIENTS)[number]) =>
    connectClient(kind, `${gateway.url()}/mcp/tools`, { headers: credentials() });

  /** What the workers say one by one; each new connection goes to the next. */
  const readiness = async () =>
    new Set(
      await Promise.all(Array.from({ length: 2 * WORKERS }, async () => (await get("/health/ready")).status)),
    );

  /** Numbers of the workers of which the metrics have this series. */
  async function workersWith(series: RegExp): Promise<string[]> {
    const { text } = await get("/metrics");
    const lines = text.split("\n").filter((line) => series.test(line));
    return lines.map((line) => /worker="(\d+)"/.exec(line)?.[1] ?? "none");
  }

  it("serves the official clients, and has each call on record once [GTW-6]", async () => {
    const clients = await Promise.all([...CLIENTS, ...CLIENTS].map(connect));
    for (const [number, client] of clients.entries()) {
      const text = `from ${number}`;
      expect(await client.callTool("echo", { text })).toMatchObject({ content: [{ text }] });
    }
    await Promise.all(clients.map((client) => client.close()));
    const rows = await auditRows(database.url, "tool_name = 'echo'");
    expect(rows.filter(({ phase }) => phase === "intent")).toHaveLength(clients.length);
    await vi.waitFor(async () => {
      const outcomes = await auditRows(database.url, "tool_name = 'echo' AND phase = 'outcome'");
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(clients.map(() => "ok"));
    });
  });

  it("serves a session whose process is at one worker by all of them [GTW-6] [GTW-2]", async () => {
    const ask = (headers: Record<string, string>, body: object) =>
      send(gateway.url(), { path: "/mcp/program", headers: { ...credentials(), ...headers }, body });
    const clientInfo = { name: "test", version: "1" };
    const params = { protocolVersion: PEER_SESSION_REVISION, capabilities: {}, clientInfo };
    const begun = await ask({}, { jsonrpc: "2.0", id: 0, method: "initialize", params });
    expect(begun.status).toBe(200);
    const session = { "mcp-session-id": String(begun.headers["mcp-session-id"]) };
    await ask(session, { jsonrpc: "2.0", method: "notifications/initialized" });
    for (let id = 1; id <= 2 * WORKERS; id += 1) {
      // Each by a connection of its own, which goes to the next worker.
      const { status, json } = await ask(session, { jsonrpc: "2.0", id, method: "ping" });
      expect([id, status, json]).toMatchObject([id, 200, { id, result: {} }]);
    }
    const passed = 'sark_gateway_forwarded_requests_total{result="passed"';
    const { text } = await get("/metrics");
    expect(text.split("\n").filter((line) => line.startsWith(passed))).not.toHaveLength(0);
  });

  it.skipIf(requireServer("prometheus") === null)(
    "a real Prometheus sees each worker apart, and counts nothing twice [MET-12] [GTW-6]",
    async () => {
      const prometheus = await startPrometheus([
        { job: "gateway", url: gateway.url(), apiKey: credentials()["x-api-key"] },
      ]);
      onTestFinished(() => prometheus.close());
      const rows = await auditRows(database.url, "tool_name = 'echo' AND phase = 'outcome'");
      await vi.waitFor(async () => {
        expect(await prometheus.targets()).toMatchObject([{ health: "up", lastError: "" }]);
        expect(
          await prometheus.query('sum(sark_gateway_tool_calls_total{tool="echo",outcome="ok"})'),
        ).toMatchObject([{ value: rows.length }]);
      });
      // One level of each worker, no sum of them.
      const capacity = await prometheus.query("sark_audit_queue_capacity");
      expect(new Set(capacity.map(({ metric }) => metric["worker"]))).toEqual(new Set(["1", "2"]));
      expect(new Set(capacity.map(({ value }) => value)).size).toBe(1);
    },
  );

  it("has one endpoint for the metrics of all, each series with its worker [GTW-6]", async () => {
    expect(await workersWith(/^sark_gateway_active_connections\{/)).toEqual(["1", "2"]);
    const { text } = await get("/metrics");
    const heads = text.split("\n").filter((line) => line.startsWith("# TYPE "));
    expect(new Set(heads).size).toBe(heads.length);
  });

  it("counts toward one limit, whichever worker a call reaches [GTW-3] [GTW-6]", async () => {
    const calls = Array.from({ length: 8 }, () =>
      change("/api/v1/gateway/authorize", {
        action: "gateway:tool:invoke",
        server_name: "tools",
        tool_name: "add",
        parameters: { a: 1, b: 2 },
      }),
    );
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(3);
  });

  it("warns once of what all workers are configured with [LOG-1]", () => {
    const warnings = gateway
      .stdout()
      .match(/sessions are shared by processes with this data directory alone/g);
    expect(warnings).toHaveLength(1);
  });

  it("is drained and taken back as one, and so is a worker that starts meanwhile [GTW-5] [GTW-6]", async () => {
    expect(await readiness()).toEqual(new Set([200]));
    await change("/admin/v1/drain", { timeout: "1m", reason: "test" });
    expect(await readiness()).toEqual(new Set([503]));
    await vi.waitFor(async () =>
      expect((await get("/admin/v1/drain")).json).toMatchObject({ state: "drained" }),
    );

    const [victim] = gateway.family().filter((pid) => pid !== gateway.pid);
    const serving = () => gateway.stdout().match(/"message":"worker serving"/g)?.length;
    expect(serving()).toBe(WORKERS);
    process.kill(victim!, "SIGKILL");
    await vi.waitFor(() => expect(serving()).toBe(WORKERS + 1));
    expect(gateway.stdout()).toContain("a worker ended; another one takes its place");
    await vi.waitFor(async () => expect(await readiness()).toEqual(new Set([503])));

    expect(await change("/admin/v1/undrain", { reason: "test" })).toMatchObject({
      json: { state: "serving" },
    });
    expect(await readiness()).toEqual(new Set([200]));
    expect(await auditRows(database.url, "event_type = 'drain_control'")).toHaveLength(2);
  });

  it("changes what is logged in all workers together", async () => {
    const shown = async () => {
      const asked = Array.from({ length: 2 * WORKERS }, () => get("/admin/v1/log-level"));
      return new Set((await Promise.all(asked)).map(({ json }) => (json as { level: string }).level));
    };
    expect(await shown()).toEqual(new Set(["info"]));
    const level = (to: string) =>
      send(gateway.url(), {
        method: "PUT",
        path: "/admin/v1/log-level",
        headers: { ...credentials(), "content-type": "application/json" },
        body: { level: to, reason: "test" },
      });
    expect(await level("warn")).toMatchObject({ status: 200 });
    expect(await shown()).toEqual(new Set(["warn"]));
    // One that takes the place of another has what is in force, not what is configured.
    const before = new Set(gateway.family());
    process.kill(
      [...before].find((pid) => pid !== gateway.pid)!,
      "SIGKILL",
    );
    const serving = () => gateway.stdout().match(/"message":"worker serving"/g)?.length ?? 0;
    const served = serving();
    await vi.waitFor(() => expect(serving()).toBe(served + 1));
    await vi.waitFor(async () => expect(await shown()).toEqual(new Set(["warn"])));
    await level("info");
  });

  it("switches to debug lines and back in all workers together by one signal, however many processes it reaches, and in one that starts later [LOG-2]", async () => {
    const shown = async () => {
      const asked = Array.from({ length: 2 * WORKERS }, () => get("/admin/v1/log-level"));
      return new Set((await Promise.all(asked)).map(({ json }) => (json as { level: string }).level));
    };
    const said = (what: string) => gateway.stdout().split(`a signal sets the log level ${what}`).length - 1;
    const workers = () => gateway.family().filter((pid) => pid !== gateway.pid);
    // As `pkill` sends it: to each process, and the first one passes it on.
    const signalAll = () => [gateway.pid, ...workers()].forEach((pid) => process.kill(pid, "SIGUSR2"));
    signalAll();
    await vi.waitFor(() => expect(said("to debug")).toBe(WORKERS));
    expect(await shown()).toEqual(new Set(["debug"]));
    const serving = () => gateway.stdout().match(/"message":"worker serving"/g)?.length ?? 0;
    const served = serving();
    process.kill(workers()[0]!, "SIGKILL");
    await vi.waitFor(() => expect(serving()).toBe(served + 1));
    await vi.waitFor(async () => expect(await shown()).toEqual(new Set(["debug"])));
    await vi.waitFor(async () => {
      // A signal that comes too soon counts as the same: this one is a new one once it is heard.
      gateway.kill("SIGUSR2");
      expect(said("back")).toBeGreaterThanOrEqual(WORKERS);
    });
    await vi.waitFor(async () => expect((await shown()).size).toBe(1));
  });

  it("says of which worker a profile is, of any of them [LOG-4]", async () => {
    const profiles = await Promise.all(
      Array.from({ length: 2 * WORKERS }, () => get("/admin/v1/profile?seconds=0.1")),
    );
    const taken = profiles.filter(({ status }) => status === 200);
    expect(new Set(taken.map(({ headers }) => headers["content-disposition"]))).toEqual(
      new Set(
        Array.from(
          { length: WORKERS },
          (_, at) => `attachment; filename="gateway-worker-${at + 1}.cpuprofile"`,
        ),
      ),
    );
    expect(taken[0]?.json).toHaveProperty("samples");
  });

  it("writes whole lines, though several processes write [LOG-1]", async () => {
    await Promise.all(Array.from({ length: 200 }, () => get("/no/such/page")));
    const lines = gateway.stdout().split("\n").slice(0, -1);
    expect(lines.length).toBeGreaterThan(WORKERS);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({ service: "sark-gateway" });
    }
  });

  // How it ends by a signal: `admin-port-of-workers.test.ts`.
  it("leaves no worker behind when it is killed", async () => {
    const family = gateway.family();
    expect(family.length).toBeGreaterThan(WORKERS);
    gateway.kill("SIGKILL");
    await vi.waitFor(() => expect(alive(family)).toEqual([]));
  });
});

describe("what several workers need", () => {
  async function ended(settings: object) {
    const folder = mkdtempSync(join(tmpdir(), "sark-workers-"));
    const file = join(folder, "sark.json");
    writeFileSync(
      file,
      JSON.stringify({ workers: WORKERS, dataDirectory: join(folder, "data"), ...settings }),
    );
    const started = spawnGateway({ environment: {}, args: ["--config", file] });
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const code = await started.exited;
    return { code, stderr: started.stderr() };
  }

  it("is said where it is missing", async () => {
    const { code, stderr } = await ended({});
    expect(code).toBe(2);
    expect(stderr).toContain("workers: 2 workers need `redis`");
  });

  it("is a port of its own for each, by which the others reach it [GTW-6]", async () => {
    const { code, stderr } = await ended({
      redis: { url: "redis://127.0.0.1:1" },
      replicas: { port: 8_001 },
    });
    expect(code).toBe(2);
    expect(stderr).toContain("replicas.port: 2 workers");
  });

  it("is said by the worker that lacks it, once, with its exit code", async () => {
    const { code, stderr } = await ended({
      redis: { url: "redis://127.0.0.1:1" },
      database: { url: "postgresql://sark:${NO_SUCH_VARIABLE}@127.0.0.1/sark" },
    });
    expect(code).toBe(2);
    expect(stderr.match(/NO_SUCH_VARIABLE/g)).toHaveLength(1);
  });
});
