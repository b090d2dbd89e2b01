import { requireServer, startMcpServer, startPrometheus } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { queryMetricsTool } from "@sark/operations/testing";
import { runTool } from "../support/admin-command.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { connectClient } from "../support/official-clients.ts";

const OK_CALLS = 12;
const FAILED_CALLS = 3;
const DENIED_CALLS = 2;
const POLICIES = {
  "echo.cedar": `permit (principal, action, resource) unless { resource has name && resource.name == "add" };`,
};

interface Shown {
  readonly source: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

let upstream: Awaited<ReturnType<typeof startMcpServer>>;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  upstream = await startMcpServer();
  gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: upstream.url, sensitivity: "low" }],
    policies: POLICIES,
  });
  const client = await connectClient("v2 client, stateless", `${gateway.url}/mcp/tools`, {
    headers: { authorization: `Bearer ${gateway.apiKey}` },
  });
  // Metrics have the names of tools that were listed; others could be made up.
  await client.tools();
  const call = (tool: string, given: Record<string, unknown>) =>
    client.callTool(tool, given).catch(() => undefined);
  for (let n = 0; n < OK_CALLS; n += 1) {
    await call("echo", { text: "hello" });
  }
  for (let n = 0; n < FAILED_CALLS; n += 1) {
    await call("fail", {});
  }
  for (let n = 0; n < DENIED_CALLS; n += 1) {
    await call("add", { a: 1, b: 2 });
  }
  await client.close();
  // The response does not wait for the record of the outcome.
  await vi.waitFor(async () =>
    expect(
      await auditRows(gateway.databaseUrl, "phase = 'outcome' AND event_type = 'tool_invoke'"),
    ).toHaveLength(OK_CALLS + FAILED_CALLS),
  );
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const ask = (...args: string[]) => runTool(queryMetricsTool, gateway, ...args);
async function shown(...args: string[]): Promise<Shown> {
  const said = await ask(...args, "--json");
  expect(said).toMatchObject({ code: 0, err: "" });
  return JSON.parse(said.out) as Shown;
}

describe("query-metrics, of the audit log of a running gateway [CLI-2]", () => {
  it("errors, latency, top-users, denials and tools have what was called", async () => {
    expect((await shown("errors", "--last", "1h")).rows).toMatchObject([
      { server: "tools", tool: "fail", permitted: FAILED_CALLS, failed: FAILED_CALLS },
    ]);
    const latency = await shown("latency", "--percentiles", "50,95,99");
    expect(latency).toMatchObject({ source: "audit", percentiles: [50, 95, 99] });
    expect(latency.rows.find(({ tool }) => tool === "echo")?.["durations_ms"]).toHaveLength(3);
    expect((await shown("top-users", "--limit", "10")).rows).toMatchObject([
      { permitted: OK_CALLS + FAILED_CALLS, denied: DENIED_CALLS },
    ]);
    expect((await shown("denials")).rows).toMatchObject([{ denied: DENIED_CALLS }]);
    expect((await shown("tools", "--limit", "1")).rows).toMatchObject([{ tool: "echo", ok: OK_CALLS }]);
  });

  it("slo ends with 0 where objectives are met and with 1 where one is not: a tool's own error is no fault of what serves it", async () => {
    const met = await ask("slo", "--latency", "60s");
    expect(met.code).toBe(0);
    expect(met.out).toMatch(/availability +99.900 % of calls +100.000 % +100.0 %/);
    expect((await ask("slo", "--latency", "0ms")).code).toBe(1);
  });

  it("report has it all, as JSON, CSV, Markdown and HTML", async () => {
    const json = await ask("report", "--format", "json");
    expect(JSON.parse(json.out)).toMatchObject({
      source: "audit",
      totals: {
        permitted: OK_CALLS + FAILED_CALLS,
        denied: DENIED_CALLS,
        ok: OK_CALLS,
        failed: FAILED_CALLS,
      },
    });
    expect((await ask("report", "--format", "csv")).out).toContain(
      `\r\ntools,tools,echo,${OK_CALLS},0,${OK_CALLS},0,`,
    );
    expect((await ask("report")).out).toContain(`| tools | echo | ${OK_CALLS} | 0 |`);
    expect((await ask("report", "--format", "html")).out).toContain("<td>echo</td>");
  });

  it("cost says what it takes, and a wrong key or place is one line [CLI-5]", async () => {
    const cost = await ask("cost");
    expect(cost).toMatchObject({ code: 2, out: "" });
    expect(cost.err).toMatch(/say --prometheus URL/);
    const wrong = await runTool(queryMetricsTool, { ...gateway, apiKey: "sark_wrong" }, "errors");
    expect(wrong).toMatchObject({ code: 3, out: "" });
    expect(wrong.err.trim().split("\n")).toHaveLength(1);
  });
});

it.skipIf(requireServer("prometheus") === null)(
  "a real Prometheus says the same as the audit log [CLI-2]",
  async () => {
    const prometheus = await startPrometheus([{ job: "gateway", url: gateway.url, apiKey: gateway.apiKey }]);
    try {
      await vi.waitFor(async () =>
        expect(await prometheus.query('sum(sark_gateway_tool_calls_total{outcome="ok"})')).toMatchObject([
          { value: OK_CALLS },
        ]),
      );
      const counts = ({ rows }: Shown) =>
        rows.map(({ server, tool, permitted, ok, failed, denied }) => ({
          server,
          tool,
          permitted,
          ok,
          failed,
          denied,
        }));
      for (const command of ["tools", "errors"]) {
        const [of, other] = [await shown(command), await shown(command, "--prometheus", prometheus.url)];
        expect(other.source).toBe("prometheus");
        expect(counts(other)).toEqual(counts(of));
      }
      const report = await ask("report", "--format", "json", "--prometheus", prometheus.url);
      expect(JSON.parse(report.out)).toMatchObject({
        source: "prometheus",
        totals: { permitted: OK_CALLS + FAILED_CALLS, denied: DENIED_CALLS },
      });
      const [exact, estimated] = await Promise.all([
        shown("latency", "--percentiles", "99"),
        shown("latency", "--percentiles", "99", "--prometheus", prometheus.url),
      ]);
      // Within a bucket of the histogram.
      const bucket = (ms: number) =>
        [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10].findIndex((le) => ms / 1_000 <= le);
      const slowest = ({ rows }: Shown) =>
        Math.max(...rows.flatMap(({ durations_ms: durations }) => durations as number[]));
      expect(Math.abs(bucket(slowest(estimated)) - bucket(slowest(exact)))).toBeLessThanOrEqual(1);
    } finally {
      await prometheus.close();
    }
  },
);
