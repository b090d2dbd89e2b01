import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { bounded, createRecorder, defineCatalog, type Recorder } from "@sark/observability/metrics";
import { requireServer, startMcpServer, startPrometheus, type Prometheus } from "@sark/testkit";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { startGatewayUnderTest } from "../support/gateway-under-test.ts";
import { connectClient } from "../support/official-clients.ts";

const catalog = defineCatalog({
  test_calls_total: { type: "counter", help: "Calls.", unit: "1", labels: { how: bounded(5) } },
  test_level: { type: "gauge", help: "A level.", unit: "1" },
  test_unread: { type: "gauge", help: "What cannot be read.", unit: "1" },
  test_seconds: {
    type: "histogram",
    help: "Time that it took.",
    unit: "seconds",
    buckets: [0.1, 1],
    labels: { how: bounded(5) },
  },
  test_change: { type: "histogram", help: "More or less.", unit: "1", buckets: [0] },
  test_never_seconds: { type: "histogram", help: "Never.", unit: "seconds", buckets: [1] },
});
type Metrics = Recorder<typeof catalog>;

async function served(recorder: Metrics): Promise<string> {
  const server = createServer((request, response) => {
    void recorder.expose(request.headers.accept).then(({ contentType, body }) => {
      response.writeHead(200, { "content-type": contentType }).end(body);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function scraping(url: string, apiKey?: string): Promise<Prometheus> {
  const target = { job: "test", url, ...(apiKey === undefined ? {} : { apiKey }) };
  const prometheus = await startPrometheus([target], { features: ["native-histograms"] });
  onTestFinished(() => prometheus.close());
  await vi.waitFor(async () =>
    expect(await prometheus.targets()).toMatchObject([{ health: "up", lastError: "" }]),
  );
  return prometheus;
}

/** The one value of a query, once there is one. */
const valueOf = (prometheus: Prometheus, query: string): Promise<number> =>
  vi.waitFor(async () => {
    const [sample, ...others] = await prometheus.query(query);
    expect(others).toEqual([]);
    return sample?.value ?? expect.fail(`nothing yet: ${query}`);
  });

describe.skipIf(requireServer("prometheus") === null)("a Prometheus that wants native histograms", () => {
  it("reads all metrics from messages, and quantiles that no bucket was named for [MET-7] [MET-12]", async () => {
    const recorder = createRecorder(catalog, {
      defaultLabels: { service: "test" },
      nativeHistograms: true,
    });
    recorder.increment("test_calls_total", { how: "well" }, 3);
    recorder.set("test_level", {}, -1.5);
    recorder.onCollect("test_unread", () => null);
    // From a millisecond to ten seconds, far from what the two classic buckets tell.
    const values = Array.from({ length: 1_000 }, (_, at) => 0.001 * 10_000 ** (at / 999));
    for (const value of values) {
      recorder.observe("test_seconds", { how: "well" }, value);
    }
    for (const value of [-4, -2, -1, 0, 1, 2, 4]) {
      recorder.observe("test_change", {}, value);
    }
    const prometheus = await scraping(await served(recorder));

    expect(await valueOf(prometheus, 'test_calls_total{how="well",service="test"}')).toBe(3);
    expect(await valueOf(prometheus, "test_level")).toBe(-1.5);
    expect(await prometheus.query("test_unread")).toEqual([]);
    expect(await valueOf(prometheus, 'histogram_count(test_seconds{how="well",service="test"})')).toBe(1_000);
    expect(await valueOf(prometheus, "histogram_sum(test_seconds)")).toBeCloseTo(
      values.reduce((sum, value) => sum + value, 0),
    );
    for (const quantile of [0.05, 0.5, 0.9, 0.99]) {
      const told = await valueOf(prometheus, `histogram_quantile(${quantile}, test_seconds)`);
      const exact = values[Math.ceil(quantile * 1_000) - 1] ?? Number.NaN;
      expect(Math.abs(told / exact - 1)).toBeLessThan(0.06);
    }
    // Below zero, at it, and above it.
    expect(await valueOf(prometheus, "histogram_fraction(-Inf, -0.5, test_change)")).toBeCloseTo(3 / 7);
    expect(await valueOf(prometheus, "histogram_fraction(0.5, +Inf, test_change)")).toBeCloseTo(3 / 7);
    expect(await valueOf(prometheus, "histogram_count(test_never_seconds)")).toBe(0);
    // What Prometheus takes in their place: rules for classic buckets see nothing, as the setting's description says.
    expect(await prometheus.query("test_seconds_bucket")).toEqual([]);
  });

  it("gets the texts it reads otherwise where the service keeps none [MET-7]", async () => {
    const recorder = createRecorder(catalog);
    recorder.observe("test_seconds", { how: "well" }, 0.5);
    const prometheus = await scraping(await served(recorder));
    expect(await valueOf(prometheus, 'test_seconds_bucket{le=~"1([.]0)?"}')).toBe(1);
  });

  it("sees calls through a gateway that is set to it, with the traces of some [MET-7] [LOG-5]", async () => {
    const tools = await startMcpServer();
    onTestFinished(() => tools.close());
    const gateway = await startGatewayUnderTest({
      upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
      config: {
        metrics: { nativeHistograms: true },
        // Nothing listens there: spans are recorded, so that there are exemplars, and go nowhere.
        tracing: { endpoint: "http://127.0.0.1:9/v1/traces", sampleRatio: 1 },
      },
    });
    onTestFinished(() => gateway.close());
    const client = await connectClient("v2 client, stateless", `${gateway.url}/mcp/tools`, {
      headers: { authorization: `Bearer ${gateway.apiKey}` },
    });
    for (let call = 0; call < 3; call += 1) {
      await client.callTool("echo", { text: "counted" });
    }
    await client.close();
    const prometheus = await scraping(gateway.url, gateway.apiKey);
    const echo = 'sark_gateway_tool_execution_seconds{tool="echo"}';
    expect(await valueOf(prometheus, `histogram_count(${echo})`)).toBe(3);
    expect(await valueOf(prometheus, `histogram_quantile(0.5, ${echo})`)).toBeGreaterThan(0);
    await vi.waitFor(async () => {
      const exemplars = await prometheus.exemplars(echo);
      expect(exemplars[0]?.labels).toMatchObject({ trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
    });
  });
});
