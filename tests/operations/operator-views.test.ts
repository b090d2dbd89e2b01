import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { adminCommand } from "../support/admin-command.ts";
import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { send, toolCall } from "../support/requests.ts";

const WAIT = { timeout: 30_000, interval: 20 };
const SECRET = "s3cr3t-of-the-server";
let folder: string;
let tools: McpServerHandle;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sark-views-"));
  tools = await startMcpServer();
  gateway = await startGatewayUnderTest({
    upstreams: [
      { name: "tools", transport: "http", url: tools.url, headers: { "x-key": SECRET }, sensitivity: "low" },
      { name: "closed", transport: "http", url: `http://127.0.0.1:9/mcp?key=${SECRET}` },
      {
        name: "crashing",
        transport: "stdio",
        command: process.execPath,
        args: ["-e", "process.exit(7)", SECRET],
        env: { SECRET },
      },
    ],
    policies: {
      "all.cedar": `permit (principal, action, resource);
        forbid (principal, action, resource) when { context has parameters && context.parameters has text && context.parameters.text == "stop" };`,
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await tools.close();
  rmSync(folder, { recursive: true });
});

const call = (server: string, tool: string, args: Record<string, unknown> = {}) =>
  send(gateway.url, toolCall(server, tool, args, { "x-api-key": gateway.apiKey }));
const get = (path: string) =>
  send(gateway.url, { method: "GET", path, headers: { "x-api-key": gateway.apiKey } });

const admin = (...args: string[]) => adminCommand(gateway, ...args);

describe("what operators see of a gateway [GTW-11] [CLI-1]", () => {
  it("how tools are used: calls, denials, failures, durations", async () => {
    await call("tools", "echo", { text: "hi" });
    await call("tools", "echo", { text: "stop" });
    await call("tools", "fail");
    await vi.waitFor(async () => {
      const ended = await auditRows(gateway.databaseUrl, "phase = 'outcome' AND tool_name IS NOT NULL");
      expect(ended).toHaveLength(2);
    }, WAIT);
    const { json } = await get("/admin/v1/tools/stats?last=1h&server=tools");
    expect(json).toMatchObject({
      total: { permitted: 2, denied: 1, ok: 1, failed: 1 },
      tools: expect.arrayContaining([
        expect.objectContaining({
          server: "tools",
          tool: "echo",
          permitted: 1,
          denied: 1,
          ok: 1,
          duration_ms: expect.objectContaining({ p50: expect.any(Number), max: expect.any(Number) }),
        }),
        expect.objectContaining({ tool: "fail", permitted: 1, failed: 1 }),
      ]),
      truncated: false,
    });
    const { code, out } = await admin("tools", "stats", "--last", "24h");
    expect(code).toBe(0);
    expect(out).toMatch(/^SERVER +TOOL +CALLS +DENIED +LIMITED +FAILED +P50 +P95 +P99\n/);
    expect(out).toMatch(/\ntools +echo +1 +1 +0 +0 +\d+\.\d ms /);
    expect((await admin("tools", "stats", "--last", "32d")).code).toBe(2);
  });

  it.each([
    "last=1h&from=2026-01-01T00:00:00Z",
    "to=2026-01-01T00:00:00Z",
    "last=32d",
    "limit=0",
    "from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z",
  ])("and no window that is none: %s", async (query) => {
    expect((await get(`/admin/v1/tools/stats?${query}`)).status).toBe(400);
  });

  it("how servers stand: reachable or why not, errors, processes that crashed, and no secret", async () => {
    await call("closed", "x");
    await call("crashing", "x");
    const response = await vi.waitFor(async () => {
      const found = await get("/admin/v1/upstreams");
      const { upstreams } = found.json as { upstreams: { status: string }[] };
      expect(upstreams.map(({ status }) => status)).not.toContain("unknown");
      return found;
    }, WAIT);
    expect(response.text).not.toContain(SECRET);
    const [http, closed, crashing] = (response.json as { upstreams: Record<string, unknown>[] }).upstreams;
    expect(http).toMatchObject({
      name: "tools",
      kind: "http",
      sensitivity: "low",
      status: "ok",
      last_error: null,
      processes: null,
      pools: { calls: { in_use: 0, waiting: 0, limit: 64 } },
    });
    expect(closed).toMatchObject({
      name: "closed",
      status: expect.stringMatching(/down|degraded/),
      message: expect.any(String),
      last_error: { code: "upstream_unreachable" },
    });
    expect(closed?.["errors"]).toBeGreaterThan(0);
    expect(crashing).toMatchObject({
      name: "crashing",
      kind: "stdio",
      processes: { last_exit: { code: 7, signal: null } },
    });
    expect((crashing!["processes"] as { crashed: number }).crashed).toBeGreaterThan(0);
    const { code, out } = await admin("upstreams", "health");
    expect(code).toBe(1);
    expect(out).toMatch(/\ntools +http +ok /);
    expect(out).not.toContain(SECRET);
  });

  it("what is logged, which they change for a time, on record with who and why", async () => {
    const { code, out } = await admin(
      "log-level",
      "set",
      "error",
      "--component",
      "policy",
      "--for",
      "2s",
      "--reason",
      "ops-12",
    );
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining("policy  error") });
    const [row] = await auditRows(gateway.databaseUrl, "event_type = 'log_control'");
    expect(row).toMatchObject({
      user_id: "admin",
      decision: "allow",
      metadata: {
        operation: "log_level",
        asked: { level: "error", component: "policy", for_ms: 2_000, reason: "ops-12" },
      },
    });
    await vi.waitFor(
      () =>
        expect(gateway.lines).toContainEqual(
          expect.objectContaining({
            component: "logging",
            about: "policy",
            message: "the log level is info again",
          }),
        ),
      WAIT,
    );
    const { json } = await get("/admin/v1/log-level");
    expect(json).toMatchObject({ level: "info", reverts: [] });
    expect((await admin("log-level", "set", "debug", "--component", "nothing")).code).toBe(2);
    expect((await admin("log-level", "set", "loud")).code).toBe(2);
  });

  it("what other policies would decide, by the files of a folder", async () => {
    const draft = join(folder, "draft");
    mkdirSync(draft);
    writeFileSync(join(draft, "a.cedar"), "permit (principal, action, resource)\n");
    const wrong = await admin("policies", "validate", draft);
    expect(wrong).toMatchObject({ code: 1, out: expect.stringMatching(/^a\.cedar:\d+: /) });
    writeFileSync(join(draft, "a.cedar"), "permit (principal, action, resource);\n");
    const right = await admin("policies", "validate", draft);
    expect(right).toMatchObject({ code: 0, out: expect.stringContaining("1 policy, revision ") });
    const replayed = await admin("policies", "replay", draft, "--server", "tools", "--reason", "ops-12");
    expect(replayed.code).toBe(1);
    expect(replayed.out).toContain("deny to allow");
    expect(replayed.out).toMatch(/ decisions: \d+ would be the same, 1 another one\.\n/);
    expect((await admin("policies", "replay", join(folder, "missing"))).code).toBe(2);
  });
});
