import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { QUICK, SECRETS, siemHealth, startReceivers, type Receivers } from "./destinations.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "./gateway-under-test.ts";
import { auditRows } from "./observed.ts";
import { send, toolCall } from "./requests.ts";

const PATIENCE = { timeout: 30_000, interval: 20 };
let receivers: Receivers;
let tools: McpServerHandle;
const cleanup: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  receivers = await startReceivers();
  tools = await startMcpServer();
  cleanup.push(tools.close, receivers.close);
});
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) await step();
});

/** A gateway with these destinations, each as impatient as its test can bear. */
async function start(
  destinations: readonly Record<string, unknown>[],
  config: Record<string, unknown> = {},
  environment: Readonly<Record<string, string>> = SECRETS,
): Promise<GatewayUnderTest> {
  const gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: { destinations: destinations.map((one) => ({ ...QUICK, ...one })), ...config },
    environment,
  });
  cleanup.push(gateway.close);
  return gateway;
}

const everywhere = () => Object.entries(receivers.sinks).map(([name, sink]) => ({ name, sink }));
const key = (gateway: GatewayUnderTest) => ({ "x-api-key": gateway.apiKey });

/** One call of a tool over MCP and one decision over REST: three events. */
async function act(gateway: GatewayUnderTest): Promise<string[]> {
  const called = await send(gateway.url, toolCall("tools", "add", { a: 1, b: 2 }, key(gateway)));
  expect(called.status).toBe(200);
  const decided = await send(gateway.url, {
    path: "/api/v1/gateway/authorize",
    headers: key(gateway),
    body: { action: "gateway:tool:invoke", server_name: "tools", tool_name: "add", parameters: {} },
  });
  expect(decided.status).toBe(200);
  const requests = [called, decided].map(({ headers }) => String(headers["x-correlation-id"]));
  return vi.waitFor(async () => {
    const rows = await auditRows(gateway.databaseUrl, "gateway_request_id = ANY ($1)", requests);
    expect(rows).toHaveLength(3);
    return rows.map(({ id }) => id);
  }, PATIENCE);
}

/** Numbers of everything on record. */
async function recorded(gateway: GatewayUnderTest): Promise<number[]> {
  return (await auditRows(gateway.databaseUrl)).map(({ seq }) => Number(seq));
}

describe("every recorded event", () => {
  it("arrives at every destination, packed, within the time of a batch [AUD-5] [SIEM-1] [SIEM-2] [SIEM-3]", async () => {
    const gateway = await start(everywhere());
    const ids = await act(gateway);
    const seqs = await recorded(gateway);
    await vi.waitFor(() => {
      const all = receivers.seqs();
      expect(all).toEqual(Object.fromEntries(Object.keys(all).map((name) => [name, seqs])));
    }, PATIENCE);
    const events = receivers.splunk.indexed();
    expect(events.map(({ fields }) => fields["audit_id"])).toEqual(expect.arrayContaining(ids));
    for (const { sourcetype } of events) expect(sourcetype).toBe("sark:gateway");
    for (const { headers } of receivers.splunk.requests().filter(({ operation }) => operation === "events")) {
      expect(headers["content-encoding"]).toBe("gzip");
    }
    expect(receivers.datadog.logs()[0]).toMatchObject({ ddsource: "sark" });
  });
});

describe("a destination with a wrong key", () => {
  it("pauses and keeps its events, in nobody's way, and health says so [SIEM-1] [SIEM-5] [SIEM-6] [HLT-1]", async () => {
    const gateway = await start(everywhere(), {}, { ...SECRETS, DATADOG_KEY: "planted-wrong-key-6" });
    await act(gateway);
    const seqs = await recorded(gateway);
    await vi.waitFor(() => {
      expect(receivers.seqs()).toEqual({ splunk: seqs, cloudwatch: seqs, webhook: seqs, datadog: [] });
    }, PATIENCE);
    await vi.waitFor(async () => {
      expect(await siemHealth(gateway, "datadog")).toMatchObject({
        status: "down",
        required: false,
        last_failure_message: expect.stringMatching(
          /^configuration, \d+ events and \d+ s behind: status 403/,
        ) as string,
        details: {
          leading: true,
          state: "configuration",
          breaker: { state: "open" },
          batching: { maxEvents: 100 },
          compression: { encoding: "gzip" },
          backlog: { events: seqs.length },
        },
      });
    }, PATIENCE);
    const ready = await send(gateway.url, { method: "GET", path: "/health/ready" });
    expect(ready).toMatchObject({ status: 200, json: { status: "degraded" } });
  });
});
