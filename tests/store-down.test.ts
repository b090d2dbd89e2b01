import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import {
  startMcpServer,
  startPostgres,
  UNFLUSHED,
  type McpServerHandle,
  type TemporaryPostgres,
} from "@sark/testkit";
import { QUICK, SECRETS, startReceivers } from "./destinations.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "./gateway-under-test.ts";
import { auditRows, metric } from "./observed.ts";
import { send, toolCall, type RawAnswer } from "./requests.ts";

// Each test breaks it, and has it mended in the end.
let postgres: TemporaryPostgres;
beforeAll(async () => {
  postgres = await startPostgres({ settings: UNFLUSHED });
});
afterAll(() => postgres.stop());

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) await step();
});

interface Setting {
  readonly tools: McpServerHandle;
  readonly gateway: GatewayUnderTest;
}

/** A gateway on the PostgreSQL that can be broken. */
async function start(config: Record<string, unknown> = {}, environment = {}): Promise<Setting> {
  const tools = await startMcpServer();
  cleanup.push(() => tools.close());
  const gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: { database: { url: await postgres.createDatabase() }, ...config },
    environment,
  });
  cleanup.push(() => gateway.close());
  return { tools, gateway };
}

function call({ gateway }: Setting, tool: string, args: Record<string, unknown> = {}): Promise<RawAnswer> {
  return send(gateway.url, toolCall("tools", tool, args, { "x-api-key": gateway.apiKey }));
}

function authorize({ gateway }: Setting): Promise<RawAnswer> {
  return send(gateway.url, {
    path: "/api/v1/gateway/authorize",
    headers: { "x-api-key": gateway.apiKey },
    body: { action: "gateway:tool:invoke", server_name: "tools", tool_name: "echo" },
  });
}

async function readiness({ gateway }: Setting): Promise<number> {
  return (await send(gateway.url, { method: "GET", path: "/health/ready" })).status;
}

async function expectNotReady(setting: Setting): Promise<void> {
  await vi.waitFor(async () => expect(await readiness(setting)).toBe(503), { timeout: 15_000, interval: 50 });
}

function ran({ tools }: Setting): string[] {
  return tools.requests().flatMap(({ method, target }) => (method === "tools/call" ? [target ?? ""] : []));
}

async function expectRefused(setting: Setting): Promise<void> {
  setting.tools.clearRequests();
  const answer = await call(setting, "echo", { text: "unrecorded" });
  expect(answer).toMatchObject({
    status: 200,
    json: {
      id: 1,
      error: {
        code: -32012,
        message: expect.stringContaining("cannot record this call, so it was not made") as string,
        data: { reason_code: "audit_unavailable", audit_id: null },
      },
    },
  });
  expect(ran(setting)).toEqual([]);
  expect(await authorize(setting)).toMatchObject({
    status: 503,
    headers: { "retry-after": "1" },
    json: { error: { code: "audit_unavailable" } },
  });
}

async function expectRecovered(setting: Setting): Promise<void> {
  await vi.waitFor(async () => expect(await readiness(setting)).toBe(200), {
    timeout: 30_000,
    interval: 100,
  });
  setting.tools.clearRequests();
  expect(await call(setting, "echo", { text: "back" })).toMatchObject({ json: { result: {} } });
  expect(ran(setting)).toEqual(["echo"]);
}

it("with the store killed, no tool runs and every refusal says why; it comes back by itself and nothing acknowledged is lost [AUD-1] [AUD-4] [HLT-1]", async () => {
  const setting = await start();
  const { gateway } = setting;
  expect(await readiness(setting)).toBe(200);
  // A crash in the middle of traffic: what was answered must be there afterwards.
  const acknowledged: string[] = [];
  const killed = new AbortController();
  const traffic = Array.from({ length: 8 }, async () => {
    while (!killed.signal.aborted) {
      const { status, json } = await authorize(setting);
      if (status === 200) acknowledged.push((json as { audit_id: string }).audit_id);
    }
  });
  await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(50), { timeout: 20_000 });
  await postgres.kill();
  killed.abort();
  await Promise.all(traffic);

  await expectRefused(setting);
  await expectNotReady(setting);
  const detailed = await send(gateway.url, {
    method: "GET",
    path: "/health/detailed",
    headers: { "x-api-key": gateway.apiKey },
  });
  expect(detailed).toMatchObject({
    status: 503,
    json: {
      status: "down",
      components: expect.arrayContaining([
        expect.objectContaining({
          name: "audit-store",
          component: "database",
          status: "down",
          required: true,
        }),
      ]) as unknown,
    },
  });
  expect(await metric(gateway, "sark_audit_failed_writes_total")).toBeGreaterThan(0);

  await postgres.restart();
  await expectRecovered(setting);
  const rows = await auditRows(gateway.databaseUrl);
  const kept = new Set(rows.map(({ id }) => id));
  expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
  // The log has no gap and nothing twice, whatever the crash interrupted.
  expect(rows.map(({ seq }) => Number(seq))).toEqual(rows.map((_row, index) => index));
});

it("with the store hung, calls are refused in bounded time and go on when it answers again [AUD-4] [HLT-2]", async () => {
  const setting = await start();
  await call(setting, "echo", { text: "warm" });
  postgres.pause();
  const started = performance.now();
  try {
    await expectRefused(setting);
    await expectNotReady(setting);
  } finally {
    postgres.resume();
  }
  // Generous, for busy machines.
  expect(performance.now() - started).toBeLessThan(30_000);
  await expectRecovered(setting);
});

it("an outcome that cannot be recorded leaves its intent, a line and a count; the caller has its answer [AUD-4]", async () => {
  const setting = await start();
  const { gateway, tools } = setting;
  const pending = call(setting, "stream", { count: 1, gate: "outcome" });
  await vi.waitFor(() => expect(ran(setting)).toEqual(["stream"]));
  await postgres.kill();
  tools.release("outcome");
  expect(await pending).toMatchObject({ json: { result: { content: [{ text: "sent 1" }] } } });
  const line = await vi.waitFor(
    () => {
      const found = gateway.lines.find(
        ({ message }) => message === "the outcome of a call could not be recorded",
      );
      expect(found).toBeDefined();
      return found;
    },
    { timeout: 20_000 },
  );
  expect(
    await metric(gateway, "sark_gateway_client_errors_total", {
      operation: "audit_outcome",
      error_type: "audit_unavailable",
    }),
  ).toBe(1);
  await postgres.restart();
  await expectRecovered(setting);
  const orphans = await auditRows(
    gateway.databaseUrl,
    "phase = 'intent' AND id NOT IN (SELECT intent_id FROM gateway_audit_events WHERE intent_id IS NOT NULL) AND tool_name = 'stream'",
  );
  expect(orphans).toEqual([expect.objectContaining({ id: line?.["intent_id"], tool_name: "stream" })]);
});

it("with the store away, deliveries stand still and say so; they go on by themselves when it is back [SIEM-5] [AUD-5]", async () => {
  const receivers = await startReceivers();
  cleanup.push(receivers.close);
  const setting = await start(
    { destinations: [{ name: "splunk", sink: receivers.sinks.splunk, ...QUICK }] },
    SECRETS,
  );
  const { gateway } = setting;
  const siem = (method: string, path: string, body?: unknown) =>
    send(gateway.url, {
      method,
      path: `/api/v1/siem/destinations${path}`,
      headers: { "x-api-key": gateway.apiKey },
      body,
    });
  await authorize(setting);
  await vi.waitFor(() => expect(receivers.seqs().splunk).toEqual([0]));
  await postgres.kill();
  for (const answer of [
    await siem("GET", ""),
    await siem("GET", "/splunk"),
    await siem("GET", "/splunk/quarantine"),
    await siem("POST", "/splunk/pause", { reason: "a test" }),
    await siem("POST", "/splunk/flush"),
    await siem("DELETE", "/splunk"),
  ]) {
    expect(answer).toMatchObject({
      status: 503,
      headers: { "retry-after": "1" },
      json: { error: { code: "audit_unavailable" } },
    });
  }
  await postgres.restart();
  await expectRecovered(setting);
  await vi.waitFor(async () => {
    const seqs = (await auditRows(gateway.databaseUrl)).map(({ seq }) => Number(seq));
    expect(receivers.seqs().splunk).toEqual(seqs);
    expect(await siem("GET", "/splunk")).toMatchObject({ status: 200, json: { balanced: true } });
  });
});
