import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { spawnGateway, untilReady, type GatewayProcess } from "../support/gateway-process.ts";
import { adminCommand } from "../support/admin-command.ts";
import { send, toolCall } from "../support/requests.ts";
import { createAuditDatabase } from "@sark/audit/testing";

const POLICIES = `permit(principal, action, resource);
forbid(principal == User::"hog", action, resource == Tool::"tools/add");`;

let tools: McpServerHandle;
let gateway: GatewayProcess;
let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let folder = "";
const keys = { hog: "", other: "" };

beforeAll(async () => {
  tools = await startMcpServer();
  database = await createAuditDatabase();
  folder = mkdtempSync(join(tmpdir(), "sark-fairness-"));
  mkdirSync(join(folder, "policies"));
  writeFileSync(join(folder, "policies", "a.cedar"), POLICIES);
  const config = {
    dataDirectory: join(folder, "data"),
    database: { url: database.url },
    policy: { directory: join(folder, "policies") },
    http: {
      maxRequestsPerCaller: 20_000,
      maxBufferedSizePerCaller: "1000000000B",
      maxBufferedSize: "1000000000B",
    },
    logging: { level: "fatal" },
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
  };
  writeFileSync(join(folder, "sark.json"), JSON.stringify(config));
  gateway = spawnGateway({ environment: {}, args: ["--config", join(folder, "sark.json")] });
  await untilReady(gateway);
  const file = join(folder, "data", "api-keys.json");
  for (const name of ["hog", "other"] as const) {
    const args = ["api-keys", "issue", "--file", file, "--id", name, "--principal", name];
    const issued = await adminCommand({ url: gateway.url(), apiKey: "none-yet" }, ...args);
    keys[name] = /sark_\w+/.exec(issued.out)?.[0] ?? "";
  }
  await vi.waitFor(async () => expect((await call("other")).status).toBe(200), { timeout: 30_000 });
});
afterAll(async () => {
  gateway?.kill("SIGKILL");
  await gateway?.exited;
  await database.drop();
  await tools.close();
  rmSync(folder, { recursive: true, force: true });
});

const call = (who: "hog" | "other") =>
  send(gateway.url(), toolCall("tools", "echo", { text: who }, { "x-api-key": keys[who] }));

/** Responses that others have, one after the other, while `work` is under way. */
async function served(work: Promise<unknown>) {
  const over = new AbortController();
  const count = { health: 0, calls: 0 };
  const ended = work.finally(() => over.abort());
  const health = async () => {
    while (!over.signal.aborted) {
      expect((await send(gateway.url(), { method: "GET", path: "/health" })).status).toBe(200);
      if (!over.signal.aborted) {
        count.health += 1;
      }
    }
  };
  const calls = async () => {
    while (!over.signal.aborted) {
      expect((await call("other")).status).toBe(200);
      if (!over.signal.aborted) {
        count.calls += 1;
      }
    }
  };
  await Promise.all([ended, health(), calls()]);
  return count;
}

it("serves others while one caller sends batch upon batch", async () => {
  const batch = Array.from({ length: 100 }, (_, id) => ({
    jsonrpc: "2.0",
    id,
    method: "tools/call",
    params: { name: "add", arguments: { a: id, b: 1 } },
  }));
  const headers = { "x-api-key": keys.hog, "mcp-protocol-version": "2025-03-26" };
  const count = { health: 0, calls: 0 };
  // Without turns others are served by no burst, however many there are: their calls come after all 15,000 of each.
  for (let bursts = 0; bursts < 5 && count.calls <= 3; bursts += 1) {
    const burst = Promise.all(
      Array.from({ length: 150 }, () => send(gateway.url(), { path: "/mcp/tools", headers, body: batch })),
    );
    const { health, calls } = await served(burst);
    count.health += health;
    count.calls += calls;
    expect(new Set((await burst).map(({ status }) => status))).toEqual(new Set([200]));
  }
  expect(count.calls).toBeGreaterThan(3);
  expect(count.health).toBeGreaterThan(count.calls);
});
