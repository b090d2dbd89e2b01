import { defineCatalog, exampleQueries } from "@sark/observability/metrics";
import { expect, it } from "vitest";
import { SOURCES } from "../catalog/sources.ts";
import { exampleProblems } from "./example-problems.ts";
import { usesOf } from "./uses-of.ts";

const OWN = [SOURCES["sark-gateway"], SOURCES["sark-metrics"]];

it("has examples for every metric, each of them PromQL over what is there [MET-12] [DOC-2]", () => {
  const without = OWN.flatMap((catalog) => Object.entries(catalog)).filter(
    ([name, definition]) => exampleQueries(name, definition).length === 0,
  );
  expect(without).toEqual([]);
  expect(exampleProblems(OWN)).toEqual([]);
});

it("finds an example that names what is not there, or rates a gauge [MET-12]", () => {
  const catalog = defineCatalog({
    sark_gateway_active_connections: {
      type: "gauge",
      help: "Client connections open right now.",
      unit: "1",
      queries: ["rate(sark_gateway_active_connections[5m])", "sum(sark_gateway_hits) / 2", "sum("],
    },
  });
  const [rated, absent, broken] = exampleProblems([catalog]);
  expect(rated).toContain("Rate is not for sark_gateway_active_connections, a gauge");
  expect(absent).toContain("no catalog has sark_gateway_hits");
  expect(broken).toContain("is no PromQL");
});

it("says which dashboards, alerts and recordings use a metric, by whichever family of it [MET-12] [DOC-2]", () => {
  const uses = usesOf("sark_gateway_authz_latency_seconds", "sark-gateway");
  expect(uses).toContainEqual({
    kind: "alert",
    title: "HighGatewayAuthorizationLatency",
    path: "docs/monitoring/gateway/ALERT_RUNBOOKS.md#highgatewayauthorizationlatency",
    panels: [],
  });
  expect(uses.find(({ kind }) => kind === "dashboard")).toMatchObject({
    path: "monitoring/grafana/dashboards/gateway-integration.json",
    panels: [expect.stringContaining("Authorization Latency")],
  });
});

it("keeps the services apart where both expose a metric", () => {
  const titles = (job: "sark-gateway" | "sark-metrics") =>
    usesOf("process_cpu_user_seconds_total", job).map(({ title }) => title);
  expect(titles("sark-metrics")).not.toEqual(titles("sark-gateway"));
});
