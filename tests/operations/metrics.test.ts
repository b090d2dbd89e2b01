import { catalog } from "@sark/gateway/metrics";
import {
  mergeCatalogs,
  processCatalog,
  pushMetrics,
  RECORDER_CATALOG,
  type Catalog,
} from "@sark/observability/metrics";
import {
  checkMetrics,
  requireServer,
  startMcpServer,
  startOtelCollector,
  startPrometheus,
  type McpServerHandle,
} from "@sark/testkit";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { connectClient } from "../support/official-clients.ts";
import { send } from "../support/requests.ts";

const ALL: Catalog = mergeCatalogs(catalog, RECORDER_CATALOG);
const CALLS = 3;
let upstream: McpServerHandle;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  upstream = await startMcpServer();
  gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: upstream.url, sensitivity: "low" }],
    // Nothing listens there: spans are recorded, so that there are exemplars, and go nowhere.
    config: { tracing: { endpoint: "http://127.0.0.1:9/v1/traces", sampleRatio: 1 } },
  });
  const client = await connectClient("v2 client, stateless", `${gateway.url}/mcp/tools`, {
    headers: { authorization: `Bearer ${gateway.apiKey}` },
  });
  for (let call = 0; call < CALLS; call += 1) {
    await client.callTool("echo", { text: "counted" });
  }
  await client.close();
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

async function scrape(accept?: string): Promise<string> {
  const { status, text } = await send(gateway.url, {
    method: "GET",
    path: "/metrics",
    headers: { "x-api-key": gateway.apiKey, accept },
  });
  expect(status).toBe(200);
  return text;
}

/** Where an exposition has what the catalogs do not: names, labels, or values of labels. */
function strays(exposition: string): string[] {
  return exposition
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .flatMap((line) => {
      const [, full = "", labels = ""] = /^([a-z0-9_]+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
      const base = full.replace(/_(bucket|sum|count)$/, "");
      const definition = ALL[full] ?? (ALL[base]?.type === "histogram" ? ALL[base] : undefined);
      if (definition === undefined) {
        return [line];
      }
      const pairs = [...labels.matchAll(/([a-z0-9_]+)="((?:[^"\\]|\\.)*)"/g)];
      const names = pairs.map(([, name]) => name).filter((name) => name !== "le");
      const wrong = pairs.filter(([, name = "", value = ""]) => {
        const label = definition.labels?.[name];
        return label?.kind === "oneOf" && ![...label.values, "other", "none"].includes(value);
      });
      const declared = new Set(Object.keys(definition.labels ?? {}));
      const asDeclared = names.length === declared.size && names.every((name = "") => declared.has(name));
      return asDeclared && wrong.length === 0 ? [] : [line];
    });
}

it("exposes nothing that is not in a catalog: no name, no label, no value [MET-12]", async () => {
  const text = await scrape();
  expect(text).toContain('sark_gateway_tool_calls_total{server="tools",tool="echo",outcome="ok"} 3');
  expect(strays(text)).toEqual([]);
  expect(
    strays('sark_gateway_tool_calls_total{server="a",tool="b",outcome="odd"} 1\nother_total 1'),
  ).toHaveLength(2);
});

it("counts by user, tool, route and status, and tells of pools and dependencies [MET-8] [MET-9] [MET-11]", async () => {
  await vi.waitFor(async () => {
    const text = await scrape();
    for (const line of [
      /^sark_gateway_user_requests_total\{tenant="[^"]+",user="[^"]+",decision="allow"\} [1-9]/m,
      /^sark_gateway_requests_total\{operation="mcp",status="200"\} [1-9]/m,
      /^sark_gateway_request_duration_seconds_count\{operation="mcp"\} [1-9]/m,
      /^sark_gateway_tool_execution_seconds_count\{server="tools",tool="echo"\} 3$/m,
      /^sark_policy_decisions_total\{policy="[^"]+",decision="allow"\} [1-9]/m,
      /^sark_policy_compilation_seconds_count\{engine="cedar"\} 1$/m,
      /^sark_policy_cache_capacity [1-9]/m,
      /^sark_gateway_dependency_up\{dependency="audit-store"\} 1$/m,
      /^sark_gateway_pool_capacity\{pool="database",name="sark-audit-reader"\} [1-9]/m,
      /^sark_gateway_pool_capacity\{pool="calls",name="tools"\} [1-9]/m,
      /^sark_gateway_database_statement_seconds_count\{result="ok"\} [1-9]/m,
      /^process_open_fds [1-9]/m,
      /^disk_free_bytes\{directory="data"\} [1-9]/m,
    ]) {
      expect(text).toMatch(line);
    }
  });
});

it("tells of the process and its disks [MET-11]", async () => {
  const names = Object.keys(processCatalog);
  await vi.waitFor(async () => {
    // For the collector of garbage.
    Array.from({ length: 100_000 }, (_, at) => ({ at }));
    await scrape();
    const moved = gateway.gateway.telemetry.recorder.moved();
    expect(names.filter((name) => !moved.includes(name))).toEqual([]);
  });
});

it.skipIf(requireServer("prometheus") === null)(
  "a real Prometheus takes all of it, exemplars included, and promtool finds no fault [MET-12]",
  async () => {
    expect(checkMetrics(await scrape())).toBe("");
    const prometheus = await startPrometheus([{ job: "gateway", url: gateway.url, apiKey: gateway.apiKey }]);
    onTestFinished(() => prometheus.close());
    await vi.waitFor(async () => {
      expect(await prometheus.targets()).toMatchObject([{ health: "up", lastError: "" }]);
      expect(
        await prometheus.query('sum(sark_gateway_tool_calls_total{job="gateway",tool="echo",outcome="ok"})'),
      ).toMatchObject([{ value: CALLS }]);
      for (const histogram of [
        "sark_gateway_authz_latency_seconds",
        "sark_policy_evaluation_seconds",
        "sark_gateway_tool_execution_seconds",
        "mcp_server_operation_duration_seconds",
        "mcp_client_operation_duration_seconds",
        "sark_gateway_request_duration_seconds",
      ]) {
        const [exemplar] = await prometheus.exemplars(`${histogram}_bucket`);
        expect({ histogram, ...exemplar?.labels }).toMatchObject({
          histogram,
          trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
          span_id: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
        });
      }
    });
  },
);

it.skipIf(requireServer("otelcol") === null)(
  "a real OpenTelemetry collector gets every metric that a scrape shows, with its totals",
  async () => {
    const collector = await startOtelCollector();
    onTestFinished(() => collector.close());
    const push = pushMetrics({
      recorder: gateway.gateway.telemetry.recorder,
      catalog: ALL,
      service: "sark-gateway",
      version: "0",
      environment: "test",
      endpoint: `${collector.url}/v1/metrics`,
      intervalMs: 3_600_000,
      onPushed: (problem) => expect(problem).toBeNull(),
    });
    onTestFinished(() => push.close());
    const exposed = [...(await scrape()).matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name ?? "");
    await push.push();
    const metrics = await vi.waitFor(() => {
      expect(collector.metrics().length).toBeGreaterThan(0);
      return new Map(collector.metrics().map((metric) => [metric.name, metric]));
    });
    expect([...metrics.keys()].filter((name) => !exposed.includes(name))).toEqual([]);
    expect(metrics.get("sark_gateway_tool_calls_total")?.sum).toMatchObject({
      isMonotonic: true,
      dataPoints: [{ asDouble: CALLS }],
    });
    expect(metrics.get("sark_gateway_draining")?.gauge?.dataPoints).toHaveLength(1);
    const [execution] = metrics.get("sark_gateway_tool_execution_seconds")?.histogram?.dataPoints ?? [];
    expect(execution).toMatchObject({ count: String(CALLS) });
    expect(execution?.bucketCounts?.reduce((sum, count) => sum + Number(count), 0)).toBe(CALLS);
    expect(metrics.get("sark_gateway_tool_execution_seconds")?.unit).toBe("s");
  },
);
