import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { QUICK, SECRETS, startReceivers, type Receivers } from "../support/destinations.ts";
import { EVERYONE_MAY, spawnGateway, untilReady, type GatewayProcess } from "../support/gateway-process.ts";
import { EVERYONE, startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { send, toolCall, type RawResponse } from "../support/requests.ts";
import { createAuditDatabase } from "@sark/audit/testing";

let folder: string;
let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let receivers: Receivers;
let tools: McpServerHandle;
const running = new Set<GatewayProcess>();
let here: GatewayUnderTest | null = null;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sark-restart-"));
  database = await createAuditDatabase();
  receivers = await startReceivers();
  tools = await startMcpServer();
});
afterEach(async () => {
  for (const gateway of running) {
    gateway.kill("SIGKILL");
    await gateway.exited;
  }
  running.clear();
  await here?.close();
  here = null;
  await tools.close();
  await receivers.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const settings = (destinations: readonly Record<string, unknown>[]) => ({
  dataDirectory: join(folder, "data"),
  upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
  destinations: destinations.map((one) => ({ ...QUICK, ...one })),
});

function spawn(destinations: readonly Record<string, unknown>[]): GatewayProcess {
  const file = join(folder, "sark.json");
  writeFileSync(file, JSON.stringify(settings(destinations)));
  const gateway = spawnGateway({
    environment: { DATABASE_URL: database.url, ...EVERYONE_MAY, ...SECRETS },
    args: ["--config", file],
  });
  running.add(gateway);
  return gateway;
}

/** One that no test kills, in this process. */
async function startHere(destinations: readonly Record<string, unknown>[]): Promise<GatewayUnderTest> {
  const { upstreams, ...config } = settings(destinations);
  here = await startGatewayUnderTest({
    upstreams,
    config: { ...config, database: { url: database.url } },
    policies: EVERYONE,
    environment: SECRETS,
  });
  return here;
}

const credentials = () => ({ "x-api-key": readFileSync(join(folder, "data", "admin.key"), "utf8").trim() });

async function call(url: string): Promise<void> {
  const response = await send(url, toolCall("tools", "add", { a: 1, b: 2 }, credentials()));
  expect(response.status).toBe(200);
}

async function order(url: string, path: string, body?: unknown): Promise<RawResponse> {
  return send(url, { path: `/api/v1/siem/destinations${path}`, headers: credentials(), body });
}

async function show(url: string): Promise<Record<string, unknown>> {
  const path = "/api/v1/siem/destinations/splunk";
  return (await send(url, { method: "GET", path, headers: credentials() })).json as Record<string, unknown>;
}

/** Whether this replica delivers to the destination. */
async function leads(url: string, name: string): Promise<boolean> {
  const { text } = await send(url, { method: "GET", path: "/metrics", headers: credentials() });
  return text.includes(`sark_siem_leading{platform="splunk_hec",destination="${name}"} 1`);
}

const everywhere = () => Object.entries(receivers.sinks).map(([name, sink]) => ({ name, sink }));

describe("a gateway that is killed", () => {
  it("in the middle of deliveries and of outages loses nothing: everything arrives after the next starts [SIEM-5] [AUD-5]", async () => {
    await receivers.splunk.goDown();
    for (let life = 0; life < 2; life += 1) {
      const gateway = spawn(everywhere());
      await untilReady(gateway);
      for (let count = 0; count < 10; count += 1) {
        await call(gateway.url());
      }
      gateway.kill("SIGKILL");
      expect(await gateway.exited).toBe("SIGKILL");
      running.delete(gateway);
    }
    expect(receivers.seqs().splunk).toEqual([]);
    await receivers.splunk.restore();
    const last = await startHere(everywhere());
    // The end of a call may have been killed with the gateway, its beginning not.
    const rows = await auditRows(database.url);
    expect(rows.filter(({ phase }) => phase === "intent")).toHaveLength(20);
    await vi.waitFor(() => {
      const seqs = rows.map(({ seq }) => Number(seq));
      const all = receivers.seqs();
      expect(all).toEqual(Object.fromEntries(Object.keys(all).map((name) => [name, seqs])));
    });
    await last.close();
    here = null;
  });
});

describe("two replicas", () => {
  it("share the deliveries: either takes orders, and what one leaves behind the other goes on with [SIEM-1] [SIEM-5]", async () => {
    const leader = spawn(everywhere());
    await untilReady(leader);
    await vi.waitFor(async () => expect(await leads(leader.url(), "splunk")).toBe(true));
    const { url: other } = await startHere(everywhere());
    const paused = await order(other, "/splunk/pause", { reason: "a test" });
    expect(paused).toMatchObject({ status: 200, json: { paused: { reason: "a test" } } });
    await vi.waitFor(async () => expect((await show(other)).state).toBe("paused"));
    await call(leader.url());
    await call(other);
    const calls = async () =>
      (await auditRows(database.url, "event_type = 'tool_invoke'")).map(({ seq }) => Number(seq));
    const held = await calls();
    // What was under way when the order came may still arrive: the order itself.
    expect(receivers.seqs().splunk.filter((seq) => held.includes(seq))).toEqual([]);

    leader.kill("SIGKILL");
    await leader.exited;
    running.delete(leader);
    expect(await order(other, "/splunk/resume")).toMatchObject({ status: 200 });
    await vi.waitFor(() => order(other, "/splunk/flush").then(({ status }) => expect(status).toBe(200)));
    expect(await leads(other, "splunk")).toBe(true);
    await vi.waitFor(async () => {
      expect(receivers.seqs().splunk).toEqual(expect.arrayContaining(await calls()));
    });
    expect(await show(other)).toMatchObject({
      balanced: true,
      leader: expect.stringContaining(`:${process.pid}`) as string,
    });
  });
});

it("ends the start with 2, the reasons and no stack trace when its configuration cannot be [SIEM-1]", async () => {
  const gateway = spawn([{ name: "dd", sink: { type: "datadog", apiKey: "planted-key" } }]);
  expect(await gateway.exited).toBe(2);
  running.delete(gateway);
  expect(gateway.stderr()).toMatch(/destinations\.0\.sink\.apiKey: must not hold the secret itself/);
  expect(gateway.stderr()).not.toMatch(/^\s+at |planted/m);
});
