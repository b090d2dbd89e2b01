import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import {
  misbehavingStdioCommand,
  startMisbehavingUpstream,
  threadTime,
  type MisbehavingUpstream,
} from "@sark/testkit";
import pg from "pg";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { EVERYONE, startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { metric } from "../support/observed.ts";
import { connectClient } from "../support/official-clients.ts";
import { send, toolCall } from "../support/requests.ts";

/** The fewest that may be set. */
const MAX_SUBJECTS = 100;
const STALL_MS = 50;

let misbehaving: MisbehavingUpstream;
let breaking: Server;
/** A collector that takes nothing. */
let refusing: Server;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  misbehaving = await startMisbehavingUpstream();
  breaking = await startBreakingServer();
  refusing = await listening(createServer((request, response) => void response.writeHead(400).end()));
  const http = (name: string, url: string) => ({ name, transport: "http", url, sensitivity: "low" });
  gateway = await startGatewayUnderTest({
    upstreams: [
      http("malformed", misbehaving.url("not-json-rpc")),
      { ...http("narrow", misbehaving.url("never-responds")), limits: { connections: 1 } },
      http("breaking", `${urlOf(breaking)}/mcp`),
      {
        name: "babbling",
        transport: "stdio",
        sensitivity: "low",
        ...misbehavingStdioCommand("junk-on-stdout"),
      },
    ],
    policies: EVERYONE,
    config: {
      policy: { cacheMaxEntries: 1 },
      rateLimits: { rules: [{ for: "tool", requests: 100, period: "24h" }], maxSubjects: MAX_SUBJECTS },
      logging: {
        stalls: `${STALL_MS}ms`,
        slowStatements: "1ms",
        sampling: { first: 1, thenEach: 1_000, window: "100ms" },
      },
      metrics: { endpoint: `${urlOf(refusing)}/v1/metrics`, interval: "1s" },
      // Traces of what goes wrong alone.
      tracing: { endpoint: `${urlOf(refusing)}/v1/traces`, sampleRatio: 0 },
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await misbehaving.close();
  for (const server of [breaking, refusing]) {
    server.closeAllConnections();
    server.close();
  }
});

async function listening(server: Server): Promise<Server> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server of sessions whose stream breaks after the first event of a call, and is resumed by its id. */
async function startBreakingServer(): Promise<Server> {
  let called: unknown = null;
  const stream = (response: ServerResponse) =>
    response.writeHead(200, { "content-type": "text/event-stream" });
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET") {
      if (request.headers["last-event-id"] === undefined) {
        return void response.writeHead(405).end();
      }
      const message = { jsonrpc: "2.0", id: called, result: { content: [{ type: "text", text: "done" }] } };
      return void stream(response).end(`id: e2\ndata: ${JSON.stringify(message)}\n\n`);
    }
    if (request.method === "DELETE") {
      return void response.writeHead(200).end();
    }
    const { id, method } = (await json(request)) as { id?: unknown; method: string };
    if (method === "initialize") {
      const result = {
        protocolVersion: "2025-11-25",
        capabilities: { tools: {} },
        serverInfo: { name: "breaking", version: "1" },
      };
      const headers = { "content-type": "application/json", "mcp-session-id": "one" };
      return void response.writeHead(200, headers).end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    }
    if (method !== "tools/call") {
      return void response.writeHead(202).end();
    }
    called = id;
    stream(response).write("id: e1\nretry: 10\ndata: \n\n", () => response.destroy());
  }
  return listening(createServer((request, response) => void serve(request, response)));
}

const credentials = () => ({ "x-api-key": gateway.apiKey });
const counted = (name: string, labels: Record<string, string> = {}) => metric(gateway, name, labels);
/** The value, once it is not 0. */
const untilCounted = (name: string, labels: Record<string, string> = {}) =>
  vi.waitFor(async () => {
    const value = await counted(name, labels);
    if (value === 0) {
      throw new Error(`${name} is 0`);
    }
    return value;
  });

it("responses of a server that are no MCP are counted, by server and problem [MET-8]", async () => {
  await send(gateway.url, toolCall("malformed", "echo", {}, credentials()));
  const labels = { server: "malformed", problem: "not_json_rpc" };
  expect(await counted("sark_gateway_malformed_responses_total", labels)).toBe(1);
});

it("a stream that broke and was resumed is counted once [MET-8]", async () => {
  const client = await connectClient("v1 SDK", `${gateway.url}/mcp/breaking`, { headers: credentials() });
  onTestFinished(() => client.close());
  expect(await client.callTool("slow", {})).toMatchObject({ content: [{ text: "done" }] });
  const labels = { server: "breaking", resumed: "yes" };
  expect(await counted("sark_gateway_broken_streams_total", labels)).toBe(1);
});

it("lines of a stdio server that are no messages are counted [MET-8]", async () => {
  const { json: response } = await send(gateway.url, toolCall("babbling", "echo", {}, credentials()));
  expect(response).toMatchObject({ result: {} });
  // One at its start, two in the call.
  const labels = { server: "babbling", what: "junk" };
  expect(await counted("sark_gateway_upstream_dropped_total", labels)).toBe(3);
});

it("subjects beyond what is counted one by one, and decisions beyond the cache, are counted [MET-2] [MET-8]", async () => {
  for (let at = 0; at <= MAX_SUBJECTS; at += 1) {
    const { status } = await send(gateway.url, {
      path: "/api/v1/gateway/authorize",
      headers: credentials(),
      body: { action: "gateway:tool:invoke", server_name: "malformed", tool_name: `t${at}`, parameters: {} },
    });
    expect(status).toBe(200);
  }
  expect(await counted("sark_gateway_rate_limit_overflow_total", { limit: "tool" })).toBeGreaterThan(0);
  expect(await counted("sark_gateway_rate_limit_subjects")).toBeGreaterThan(0);
  expect(await counted("sark_gateway_cache_evictions_total")).toBeGreaterThanOrEqual(MAX_SUBJECTS);
});

it("calls that wait for a connection of their server are counted [MET-9]", async () => {
  const left = new AbortController();
  const calls = [1, 2].map(() =>
    send(gateway.url, { ...toolCall("narrow", "echo", {}, credentials()), signal: left.signal }).catch(
      () => "left",
    ),
  );
  expect(await untilCounted("sark_gateway_pool_waiting", { pool: "calls", name: "narrow" })).toBeGreaterThan(
    0,
  );
  left.abort();
  expect(await Promise.all(calls)).toEqual(["left", "left"]);
});

it("statements that find no connection free, or take long, are counted [MET-9] [MET-11]", async () => {
  const name = "sark-audit-log-reader";
  const client = new pg.Client(gateway.databaseUrl);
  await client.connect();
  onTestFinished(() => client.end());
  const read = () =>
    send(gateway.url, { method: "GET", path: "/api/v1/audit/checkpoint", headers: credentials() });
  await vi.waitFor(async () => expect((await read()).status).toBe(200));
  await client.query("BEGIN; LOCK TABLE gateway_audit_checkpoints IN ACCESS EXCLUSIVE MODE");
  const capacity = await counted("sark_gateway_pool_capacity", { name });
  const responses = Array.from({ length: capacity + 1 }, read);
  expect(await untilCounted("sark_gateway_pool_exhausted_total", { name })).toBeGreaterThan(0);
  await client.query("COMMIT");
  expect((await Promise.all(responses)).map(({ status }) => status)).toEqual(responses.map(() => 200));
  expect(await untilCounted("sark_gateway_slow_statements_total", { result: "ok" })).toBeGreaterThan(0);
});

it("time in which the event loop stood still is counted [MET-11]", async () => {
  await vi.waitFor(async () => {
    for (const begun = threadTime(); threadTime() - begun < 2 * STALL_MS;) {
      // Stands still.
    }
    await new Promise(setImmediate);
    expect(await counted("sark_event_loop_stalls_total")).toBeGreaterThan(0);
  });
  expect(await counted("sark_event_loop_stalled_seconds_total")).toBeGreaterThan(STALL_MS / 1_000);
});

it("lines that sampling left out are counted by their component [LOG-1]", async () => {
  const logger = gateway.gateway.telemetry.logger.child({ component: "test" });
  for (let n = 0; n < 10; n += 1) {
    logger.info({ n }, "one of a kind that there are many of");
  }
  expect(await untilCounted("sark_log_lines_sampled_out_total", { component: "test" })).toBeGreaterThan(0);
});

it("traces of what goes wrong, and spans and metrics that no collector takes, are counted [LOG-5] [MET-12]", async () => {
  await send(gateway.url, toolCall("malformed", "fault", {}, credentials()));
  expect(await counted("sark_gateway_extra_traces_total", { recorded: "yes" })).toBeGreaterThan(0);
  // May reject with what the collector said.
  await gateway.gateway.telemetry.tracing.flush().catch(() => undefined);
  expect(await untilCounted("sark_trace_spans_dropped_total")).toBeGreaterThan(0);
  expect(await untilCounted("sark_gateway_metric_pushes_total", { result: "failed" })).toBeGreaterThan(0);
  expect(gateway.lines).toContainEqual(
    expect.objectContaining({ component: "metrics", error_type: "metrics_not_pushed" }),
  );
});
