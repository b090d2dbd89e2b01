import { requireServer, startMcpServer, startOtelCollector } from "@sark/testkit";
import { expect, it, onTestFinished, vi } from "vitest";
import { startGatewayUnderTest } from "../support/gateway-under-test.ts";
import { connectClient } from "../support/official-clients.ts";

it.skipIf(requireServer("otelcol") === null)(
  "a real OpenTelemetry collector gets a call's spans, each in its place [LOG-5]",
  async () => {
    const collector = await startOtelCollector();
    onTestFinished(() => collector.close());
    const upstream = await startMcpServer();
    onTestFinished(() => upstream.close());
    const gateway = await startGatewayUnderTest({
      upstreams: [{ name: "tools", transport: "http", url: upstream.url, sensitivity: "low" }],
      config: { tracing: { endpoint: `${collector.url}/v1/traces`, sampleRatio: 1 } },
    });
    onTestFinished(() => gateway.close());
    const client = await connectClient("v2 client, stateless", `${gateway.url}/mcp/tools`, {
      headers: { authorization: `Bearer ${gateway.apiKey}` },
    });
    await client.callTool("echo", { text: "traced" });
    await client.close();
    await gateway.gateway.telemetry.tracing.flush();

    const spans = await vi.waitFor(() => {
      const call = collector
        .spans()
        .find(({ kind, name }) => kind === "server" && name === "tools/call echo");
      const all = collector.spans().filter(({ traceId }) => traceId === call?.traceId);
      // The span of the outcome comes last: the response does not wait for that record.
      expect(all.map(({ kind, name }) => `${kind} ${name}`).toSorted()).toEqual([
        "client tools/call echo",
        "internal audit",
        "internal audit",
        "internal authenticate",
        "internal policy",
        "server tools/call echo",
      ]);
      return { call, stages: all.filter(({ parentSpanId }) => parentSpanId === call?.spanId) };
    });
    expect(spans.call).toMatchObject({
      parentSpanId: null,
      attributes: { "mcp.method.name": "tools/call", "gen_ai.tool.name": "echo" },
      resource: { "service.name": "sark-gateway" },
    });
    expect(spans.stages).toHaveLength(5);
  },
);
