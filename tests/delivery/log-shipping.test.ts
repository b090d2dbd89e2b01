import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  startCloudWatchLogs,
  startMcpServer,
  startPostgres,
  UNFLUSHED,
  type CloudWatchLogs,
  type McpServerHandle,
} from "@sark/testkit";
import { componentHealth, siemHealth } from "../support/destinations.ts";
import { spawnGateway, untilReady, type GatewayProcess } from "../support/gateway-process.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { send, toolCall } from "../support/requests.ts";
import { createAuditDatabase } from "@sark/audit/testing";

const AWS = { accessKeyId: "AKIDPLANTED", secretAccessKey: "planted-aws-secret", region: "eu-central-1" };
const WAIT = { timeout: 60_000, interval: 50 };

const POLICIES = `
  permit (principal, action, resource);
  @id("no-crash") @reason("Crashing the server is for no one.")
  forbid (principal, action, resource == Tool::"tools/crash");`;

let folder: string;
let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let cloudWatch: CloudWatchLogs;
let tools: McpServerHandle;
const cleanup: (() => unknown)[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sark-log-shipping-"));
  cleanup.push(() => rmSync(folder, { recursive: true, force: true }));
  database = await createAuditDatabase();
  cleanup.push(() => database.drop());
  cloudWatch = await startCloudWatchLogs({ credentials: AWS });
  cleanup.push(() => cloudWatch.close());
  tools = await startMcpServer();
  cleanup.push(() => tools.close());
  mkdirSync(join(folder, "policies"));
  writeFileSync(join(folder, "policies", "test.cedar"), POLICIES);
});
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

const ENVIRONMENT = { AWS_ID: AWS.accessKeyId, AWS_SECRET: AWS.secretAccessKey };
const upstreams = () => [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }];
const logging = () => ({
  files: { maxFileSize: "64KiB", maxTotalSize: "1000000B" },
  cloudwatch: {
    region: AWS.region,
    endpoint: cloudWatch.url,
    groupPrefix: "/sark/",
    stream: "gateway-1",
    credentials: { accessKeyId: "${AWS_ID}", secretAccessKey: "${AWS_SECRET}" },
    maxBatchWait: "50ms",
  },
});

function spawn(): GatewayProcess {
  writeFileSync(
    join(folder, "sark.json"),
    JSON.stringify({
      dataDirectory: join(folder, "data"),
      database: { url: database.url },
      upstreams: upstreams(),
      policy: { directory: join(folder, "policies") },
      logging: logging(),
    }),
  );
  const gateway = spawnGateway({
    environment: ENVIRONMENT,
    args: ["--config", join(folder, "sark.json")],
  });
  cleanup.push(async () => {
    gateway.kill("SIGKILL");
    await gateway.exited;
  });
  return gateway;
}

async function start(): Promise<GatewayProcess> {
  const gateway = spawn();
  await untilReady(gateway);
  return gateway;
}

/** In this process, where no life and no end of a process is what is tested. */
async function startHere(
  config: { readonly database?: object; readonly dataDirectory?: string } = {},
): Promise<GatewayUnderTest> {
  const gateway = await startGatewayUnderTest({
    upstreams: upstreams(),
    config: { logging: logging(), database: { url: database.url }, ...config },
    policies: { "test.cedar": POLICIES },
    environment: ENVIRONMENT,
  });
  cleanup.push(() => gateway.close());
  return gateway;
}

const adminKey = (gateway: GatewayProcess) =>
  readFileSync(/Admin key +(\S+)/.exec(gateway.stderr())?.[1] ?? "", "utf8").trim();
const call = (url: string, apiKey: string, text: string) =>
  send(url, toolCall("tools", "echo", { text }, { "x-api-key": apiKey }));
const shipped = (log: string) => cloudWatch.events(`/sark/${log}`, "gateway-1").map(({ message }) => message);
const messages = (log: string) =>
  shipped(log).map((text) => (JSON.parse(text) as { message: string }).message);
/** Each line is in one of them; `exceptions` only repeats. */
const allShipped = () => new Set([...shipped("application"), ...shipped("security-audit")]);
const linesOf = (gateway: GatewayProcess) => gateway.stdout().split("\n").slice(0, -1);

it("a gateway ships all its lines, security lines into a group of their own, also those of a process that was killed [LOG-3] [QLT-2]", async () => {
  const first = await start();
  const key = adminKey(first);
  await call(first.url(), key, "one");
  await call(first.url(), "wrong-key", "refused");
  await send(first.url(), toolCall("tools", "crash", {}, { "x-api-key": key }));
  await vi.waitFor(() => expect(messages("security-audit")).toContain("authentication failed"), WAIT);
  expect(messages("security-audit")).toContain("audit event recorded");
  await vi.waitFor(
    () => expect(messages("security-audit")).toContainEqual(expect.stringMatching(/^denied: /)),
    WAIT,
  );
  expect(messages("security-audit")).not.toContain("gateway listening");
  await call(first.url(), key, "two");
  first.kill("SIGKILL");
  await first.exited;

  const second = await start();
  await vi.waitFor(() => {
    const there = allShipped();
    expect([...linesOf(first), ...linesOf(second)].filter((line) => !there.has(line))).toEqual([]);
  }, WAIT);
  expect(messages("application").filter((message) => message === "gateway listening")).toHaveLength(2);
  expect(shipped("application").join("")).not.toContain(AWS.secretAccessKey);

  // The end of the process ships its last lines.
  second.kill("SIGTERM");
  expect(await second.exited).toBe(0);
  const there = allShipped();
  expect(linesOf(second).filter((line) => !there.has(line))).toEqual([]);
});

it("log lines ship while the database is down; metrics and health tell of it [LOG-3] [SIEM-6] [MET-10] [HLT-1]", async () => {
  const postgres = await startPostgres({ settings: UNFLUSHED });
  cleanup.push(() => postgres.stop());
  // The call that meets the fault is refused after that.
  const gateway = await startHere({ database: { url: await postgres.createDatabase(), timeout: "1s" } });
  const { url, apiKey } = gateway;
  await postgres.kill();
  await call(url, apiKey, "refused");
  await vi.waitFor(() => expect(messages("exceptions")).toContain("audit store lost"), WAIT);
  const errors = shipped("exceptions").map((text) => JSON.parse(text) as { error?: { stack?: string } });
  expect(errors.some(({ error }) => error?.stack?.includes("at ") === true)).toBe(true);
  expect(await siemHealth(gateway, "logs/application")).toMatchObject({
    required: false,
    status: "ok",
    details: { platform: "cloudwatch", state: "running" },
  });
  expect(await componentHealth(gateway, "log-files")).toMatchObject({
    required: false,
    status: "ok",
    details: { bytes: expect.any(Number) as number },
  });
  const { text } = await send(url, {
    method: "GET",
    path: "/metrics",
    headers: { "x-api-key": apiKey },
  });
  expect(text).toMatch(
    /^sark_siem_events_acknowledged_total\{[^}]*destination="logs\/application"[^}]*\} [1-9]/m,
  );
  expect(text).toMatch(/^sark_log_lines_written_total\{log="exceptions"\} [1-9]/m);
  expect(text).toMatch(/^sark_log_files_bytes [1-9]/m);
});

it("a gateway that cannot start says why where its logs are read [LOG-3]", async () => {
  await database.drop();
  const gateway = spawn();
  expect(await gateway.exited).toBe(1);
  expect(messages("exceptions")).toEqual(["the gateway could not start"]);
  expect(JSON.parse(shipped("exceptions")[0] ?? "")).toMatchObject({
    level: "fatal",
    error: { stack: expect.stringContaining("at ") as string },
  });
});

it("two gateways never write to one folder; settings that cannot work are refused [LOG-3]", async () => {
  await startHere({ dataDirectory: join(folder, "data") });
  const second = spawn();
  expect(await second.exited).toBe(1);
  expect(second.stderr()).toContain("set logging.files.directory to another folder");
  const withoutSecret = spawnGateway({
    environment: { SARK_DATA_DIRECTORY: join(folder, "other") },
    args: ["--config", join(folder, "sark.json")],
  });
  expect(await withoutSecret.exited).toBe(2);
  expect(withoutSecret.stderr()).toContain("logging.cloudwatch: The environment variable AWS_ID is not set");
});

it("a line that CloudWatch refuses is listed over REST, and sent again on request [LOG-3] [SIEM-5]", async () => {
  cloudWatch.poison("authentication failed");
  const { url, apiKey } = await startHere();
  const ask = (method: string, path: string, body?: unknown) =>
    send(url, {
      method,
      path: `/api/v1/siem/destinations/logs%2F${path}`,
      headers: { "x-api-key": apiKey },
      body,
    });
  await call(url, "wrong-key", "refused");
  await vi.waitFor(async () => {
    expect(await ask("GET", "security-audit/quarantine")).toMatchObject({
      status: 200,
      json: { events: [{ attempts: 1, event: { message: "authentication failed" } }], next_cursor: null },
    });
  }, WAIT);
  expect(messages("security-audit")).not.toContain("authentication failed");

  cloudWatch.poison(null);
  const replay = "security-audit/quarantine/replay";
  expect(await ask("POST", replay, { seqs: [9_999] })).toMatchObject({ status: 404 });
  expect(await ask("POST", replay, { all: true })).toMatchObject({ status: 202, json: { replaying: 1 } });
  await vi.waitFor(async () => {
    expect(await ask("GET", "security-audit/quarantine")).toMatchObject({ json: { events: [] } });
  }, WAIT);
  expect(messages("security-audit")).toContain("authentication failed");
  expect(await ask("GET", "nothing/quarantine")).toMatchObject({ status: 404 });
});

it("shipped logs are listed and steered beside the destinations of the audit log [LOG-3] [SIEM-5]", async () => {
  const { url, apiKey } = await startHere();
  const ask = (method: string, path: string, body?: unknown) =>
    send(url, {
      method,
      path: `/api/v1/siem/destinations${path}`,
      headers: { "x-api-key": apiKey },
      body,
    });
  const list = await ask("GET", "");
  expect(list).toMatchObject({
    status: 200,
    json: {
      balanced: true,
      destinations: ["application", "exceptions", "security-audit"].map((log) => ({
        name: `logs/${log}`,
        source: "log_files",
        platform: "cloudwatch",
        configured: true,
        balanced: true,
      })),
    },
  });
  const log = "/logs%2Fsecurity-audit";
  const pause = await ask("POST", `${log}/pause`, { reason: "the group is moved" });
  expect(pause).toMatchObject({ status: 200, json: { paused: { reason: "the group is moved" } } });
  await call(url, "wrong-key", "refused");
  await vi.waitFor(async () => {
    expect(await ask("GET", log)).toMatchObject({ json: { state: "paused", acknowledged: 0 } });
  }, WAIT);
  expect(await ask("POST", `${log}/flush`)).toMatchObject({ status: 409 });
  expect(messages("security-audit")).toEqual([]);
  expect(await ask("DELETE", log)).toMatchObject({ status: 409 });
  expect(await ask("POST", `${log}/resume`)).toMatchObject({ status: 200, json: { paused: null } });
  expect(await ask("POST", `${log}/flush`, { wait_ms: 30_000 })).toMatchObject({
    status: 200,
    json: { settled: true, destination: { behind: { events: 0 }, balanced: true } },
  });
  expect(messages("security-audit")).toContain("authentication failed");
  expect(await ask("POST", "/logs%2Fnothing/pause", { reason: "x" })).toMatchObject({ status: 404 });
});
