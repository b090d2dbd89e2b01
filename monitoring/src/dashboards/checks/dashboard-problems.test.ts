import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { describe, expect, it } from "vitest";
import { familyOf } from "../../catalog/metrics.ts";
import { DASHBOARDS } from "../dashboards.ts";
import { gatewayIntegration } from "../definitions/gateway-integration.ts";
import { dashboardProblems } from "./dashboard-problems.ts";

/** The panels of DSH-1 by their titles, to be changed. */
interface Planted {
  readonly dashboard: Dashboard;
  panel(title: string): Panel & { targets: { expr: string; legendFormat: string }[] };
}

function problemsWith(plant: (planted: Planted) => void): string {
  const dashboard = structuredClone(gatewayIntegration);
  plant({
    dashboard,
    panel: (title) =>
      dashboard.panels?.find((panel) => panel.title === title) as ReturnType<Planted["panel"]>,
  });
  return dashboardProblems([dashboard], familyOf).join("\n");
}

const REQUESTS = "Authorization Requests";
const USERS = "Top Denied Users, Last Hour";

describe("a dashboard that would lie", () => {
  it.each<[string, (planted: Planted) => void, RegExp]>([
    [
      "a metric that is not there",
      ({ panel }) => (panel(REQUESTS).targets[0]!.expr = "sum(rate(sark_gateway_requests[5m]))"),
      /Authorization Requests A: no catalog has sark_gateway_requests$/m,
    ],
    [
      "a label that is not there",
      ({ panel }) =>
        (panel(REQUESTS).targets[0]!.expr =
          'sum by (decision) (rate(sark_gateway_authz_requests_total{tool=~".*"}[5m]))'),
      /has no label tool/,
    ],
    [
      "a listed value that never comes",
      ({ panel }) =>
        (panel(REQUESTS).targets[0]!.expr =
          'sum by (decision) (rate(sark_gateway_authz_requests_total{decision="denied"}[5m]))'),
      /never denied/,
    ],
    [
      "a legend by a label that its series have not",
      ({ panel }) => (panel(REQUESTS).targets[0]!.legendFormat = "{{server}}"),
      /the legend of A names server/,
    ],
    [
      "a color for a series that is never called that",
      ({ panel }) =>
        panel(REQUESTS).fieldConfig?.overrides.push({
          matcher: { id: "byName", options: "denied" },
          properties: [],
        }),
      /gives denied a look/,
    ],
    [
      "a column that no query returns",
      ({ panel }) =>
        (panel(USERS).targets[0]!.expr =
          'topk(10, sum by (user) (increase(sark_gateway_user_requests_total{decision="deny"}[1h])))'),
      /shows a column tenant/,
    ],
    [
      "a label that no column shows",
      ({ panel }) =>
        (panel(USERS).targets[0]!.expr =
          "sum by (user, tenant, decision) (increase(sark_gateway_user_requests_total[1h]))"),
      /returns decision, which no column shows/,
    ],
    [
      "a filter by the values of another label",
      ({ panel }) =>
        (panel(REQUESTS).targets[0]!.expr =
          'sum by (decision) (rate(sark_gateway_authz_requests_total{server=~"$action"}[5m]))'),
      /server is compared with \$action, whose values are those of action/,
    ],
    [
      "a filter that takes one value of several",
      ({ panel }) =>
        (panel(REQUESTS).targets[0]!.expr =
          'sum by (decision) (rate(sark_gateway_authz_requests_total{server="$server"}[5m]))'),
      /takes one value only/,
    ],
    [
      "a variable that is not there",
      ({ panel }) =>
        (panel(REQUESTS).targets[0]!.expr =
          'sum by (decision) (rate(sark_gateway_authz_requests_total{server=~"$upstream"}[5m]))'),
      /uses \$upstream, which is no variable/,
    ],
    [
      "a variable that nothing uses",
      ({ dashboard }) => dashboard.templating.list?.push({ type: "custom" as never, name: "region" }),
      /nothing uses \$region/,
    ],
    [
      "a variable of a metric that is not there",
      ({ dashboard }) =>
        Object.assign(dashboard.templating.list?.find(({ name }) => name === "server") ?? {}, {
          query: "label_values(sark_gateway_servers, server)",
        }),
      /\$server: no catalog has sark_gateway_servers/,
    ],
    [
      "a variable of a label that is not there",
      ({ dashboard }) =>
        Object.assign(dashboard.templating.list?.find(({ name }) => name === "server") ?? {}, {
          query: "label_values(sark_gateway_cache_hits_total, server)",
        }),
      /sark_gateway_cache_hits_total has no label server/,
    ],
    [
      "a variable that asks for something else",
      ({ dashboard }) =>
        Object.assign(dashboard.templating.list?.find(({ name }) => name === "server") ?? {}, {
          query: "metrics(sark.*)",
        }),
      /\$server: is no PromQL/,
    ],
    [
      "an annotation by a label that is not there",
      ({ dashboard }) =>
        Object.assign(dashboard.annotations.list?.[0] ?? {}, { expr: 'ALERTS{state="firing"}' }),
      /Critical alerts: ALERTS has no label state/,
    ],
    [
      "an annotation that names a label that is not there",
      ({ dashboard }) => Object.assign(dashboard.annotations.list?.[0] ?? {}, { titleFormat: "{{alert}}" }),
      /Critical alerts: its text names alert/,
    ],
    [
      "a link by a label that its series have not",
      ({ panel }) =>
        Object.assign(panel(REQUESTS).fieldConfig?.defaults.links?.[0] ?? {}, {
          url: "${gateway}/api/v1/audit/events?tool=${__field.labels.tool}",
        }),
      /a link names tool/,
    ],
    [
      "a runbook of no alert",
      ({ panel }) =>
        Object.assign(panel(REQUESTS).links?.[0] ?? {}, {
          url: "${runbooks}/docs/monitoring/gateway/ALERT_RUNBOOKS.md#nosuchalert",
        }),
      /no section of the runbooks/,
    ],
    [
      "a panel without a description",
      ({ panel }) => (panel(REQUESTS).description = " "),
      /has no description/,
    ],
    [
      "a panel without a unit",
      ({ panel }) => delete panel(REQUESTS).fieldConfig?.defaults.unit,
      /has no unit/,
    ],
    [
      "a data source of its own",
      ({ panel }) => (panel(REQUESTS).datasource = { type: "prometheus", uid: "abc" }),
      /another data source/,
    ],
    [
      "a query of another data source",
      ({ panel }) =>
        Object.assign(panel(REQUESTS).targets[0]!, { datasource: { type: "prometheus", uid: "abc" } }),
      /another data source/,
    ],
    ["panels on each other", ({ panel }) => (panel(REQUESTS).gridPos!.x = 6), /lies on/],
    ["a panel outside", ({ panel }) => (panel(REQUESTS).gridPos!.w = 25), /has no place/],
    ["one id twice", ({ panel }) => (panel(REQUESTS).id = panel(USERS).id!), /two panels of id/],
  ])("is found out by %s [DSH-7]", (_what, plant, problem) => {
    expect(problemsWith(plant)).toMatch(problem);
  });

  it("is none of those that are committed, and no two have one uid [DSH-1] [DSH-2] [DSH-3] [DSH-4] [DSH-5]", () => {
    expect(dashboardProblems(Object.values(DASHBOARDS), familyOf)).toEqual([]);
    expect(dashboardProblems([gatewayIntegration, gatewayIntegration], familyOf)[0]).toMatch(
      /two dashboards of uid sark-gateway-integration/,
    );
  });
});
