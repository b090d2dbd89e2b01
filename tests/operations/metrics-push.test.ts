import { requireServer, startMcpServer, startOtelCollector } from "@sark/testkit";
import { expect, it, onTestFinished, vi } from "vitest";
import { EVERYONE, startGatewayUnderTest } from "../support/gateway-under-test.ts";
import { metric } from "../support/observed.ts";
import { send, toolCall } from "../support/requests.ts";

it.skipIf(requireServer("otelcol") === null)(
  "a gateway with metrics.endpoint pushes its totals by itself, goes on after the collector was away, and pushes the last ones at its end [MET-12]",
  async () => {
    const collector = await startOtelCollector();
    onTestFinished(() => collector.close());
    const tools = await startMcpServer();
    onTestFinished(() => tools.close());
    const gateway = await startGatewayUnderTest({
      upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
      policies: EVERYONE,
      config: { metrics: { endpoint: `${collector.url}/v1/metrics`, interval: "1s" } },
    });
    let open = true;
    const close = async () => {
      if (open) {
        open = false;
        await gateway.close();
      }
    };
    onTestFinished(close);
    const call = () =>
      send(gateway.url, toolCall("tools", "echo", { text: "x" }, { "x-api-key": gateway.apiKey }));
    const pushed = (name: string) => collector.metrics().filter((one) => one.name === name);
    /** Calls by the last push. */
    const total = () =>
      pushed("sark_gateway_tool_calls_total")
        .at(-1)
        ?.sum?.dataPoints.reduce((sum, { asDouble = 0 }) => sum + asDouble, 0);
    const pushes = (result: string) => metric(gateway, "sark_gateway_metric_pushes_total", { result });

    await call();
    await vi.waitFor(() => expect(total()).toBe(1));
    expect(pushed("sark_policy_cache_capacity").at(-1)?.gauge?.dataPoints).toHaveLength(1);
    expect(pushed("sark_gateway_authz_latency_seconds").at(-1)?.histogram?.dataPoints).not.toHaveLength(0);
    await vi.waitFor(async () => expect(await pushes("ok")).toBeGreaterThan(0));

    await collector.kill();
    await call();
    await vi.waitFor(async () => expect(await pushes("failed")).toBeGreaterThan(0));
    await collector.restart();
    // Nothing was kept for the collector: the totals have it.
    await vi.waitFor(() => expect(total()).toBe(2));

    await call();
    await close();
    await vi.waitFor(() => expect(total()).toBe(3));
  },
);
