import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { describe, expect, it } from "vitest";
import { DASHBOARDS } from "./dashboards.ts";

const FOLDER = "monitoring/grafana/dashboards/";

/** What the requirements fix: title of each dashboard and its panels, in their words; some have a unit and a kind. */
const PANELS: readonly (readonly [
  id: string,
  file: string,
  title: string,
  panels: Readonly<Record<string, string>>,
])[] = [
  [
    "DSH-1",
    "gateway-integration",
    "SARK Gateway Integration",
    {
      "Authorization Requests": "timeseries reqps",
      "Authorization Latency P50/P95/P99": "timeseries s",
      "Allow/Deny Ratio": "piechart locale",
      "Cache Hit Rate": "gauge percentunit",
      "A2A Authorization Requests by Decision": "timeseries reqps",
      "Error Rate by Operation": "timeseries reqps",
      "Top Denied Users, Last Hour": "table short",
      "Top Invoked Tools": "table short",
      "Active Gateway Connections": "stat short",
      "Audit Events Logged": "stat short",
      "Authorization Requests by Server": "timeseries reqps",
    },
  ],
  [
    "DSH-2",
    "gateway-overview",
    "SARK Gateway Overview",
    {
      "Request Rate": "timeseries reqps",
      "Success and Error Rates": "timeseries percentunit",
      "Request Duration P50/P95/P99": "timeseries s",
      "Active Connections": "timeseries short",
      "Top Tools": "table short",
      "Top Users": "table short",
    },
  ],
  [
    "DSH-3",
    "gateway-performance",
    "SARK Gateway Performance",
    {
      "Request Latency": "heatmap s",
      "Tool Execution Time Breakdown": "timeseries s",
      "Policy Evaluation Overhead": "timeseries s",
      "Cache Performance": "timeseries ops",
      CPU: "timeseries short",
      Memory: "timeseries bytes",
      "Slow Request Traces": "timeseries s",
    },
  ],
  [
    "DSH-4",
    "gateway-security",
    "SARK Gateway Security",
    {
      "Authentication Failures": "timeseries reqps",
      "Denials by Policy": "timeseries ops",
      "Rate Limit Violations": "timeseries reqps",
      "Suspicious Activity Patterns": "timeseries ops",
      "Failed Requests by User": "table short",
      "Security Alerts Timeline": "state-timeline none",
    },
  ],
  [
    "DSH-5",
    "gateway-operations",
    "SARK Gateway Operations",
    {
      "System Health": "stat short",
      "Error Rates and Types": "timeseries ops",
      "Audit Log Health": "stat short",
      "SIEM Integration Status": "table short",
      "Alert Summary": "table short",
      "Recent Incidents": "state-timeline none",
    },
  ],
  [
    "DSH-6",
    "metrics-service",
    "External Metrics Service - Production",
    {
      "API Request Rate": "timeseries reqps",
      "API Response Time P95": "timeseries s",
      "Active Users by Tenant": "timeseries short",
      "Database Query Performance": "timeseries s",
      "WebSocket Connections": "timeseries short",
      "System Resource Usage": "timeseries percentunit",
    },
  ],
];

/** As committed. */
function read(file: string): Dashboard {
  const text = readFileSync(join(import.meta.dirname, "../../../", `${FOLDER}${file}.json`), "utf8");
  return JSON.parse(text) as Dashboard;
}

interface Shown {
  readonly title?: string;
  readonly type: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly targets?: readonly { readonly expr?: string; readonly legendFormat?: string }[];
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly custom?: { readonly stacking?: { readonly mode?: string } };
      readonly thresholds?: { readonly steps: readonly object[] };
    };
    readonly overrides: readonly {
      readonly matcher: { readonly options?: unknown };
      readonly properties: readonly { readonly id: string; readonly value?: unknown }[];
    }[];
  };
}

function panelsOf(file: string): readonly Shown[] {
  return (read(file).panels as readonly Shown[]).filter(({ type }) => type !== "row");
}

function panelOf(file: string, title: string): Shown {
  const found = panelsOf(file).find((panel) => panel.title === title);
  if (found === undefined) {
    throw new Error(`${file} has no panel ${title}`);
  }
  return found;
}

const stepsOf = (panel: Shown) => panel.fieldConfig?.defaults.thresholds?.steps;
const legendsOf = (panel: Shown) => panel.targets?.map(({ legendFormat }) => legendFormat);
function colorOf(panel: Shown, series: string): unknown {
  const override = panel.fieldConfig?.overrides.find(({ matcher }) => matcher.options === series);
  return override?.properties.find(({ id }) => id === "color")?.value;
}

describe.each(PANELS)("%s, %s.json", (id, file, title, panels) => {
  it(`has its title and panels, with their kinds and units [${id}]`, () => {
    expect(read(file).title).toBe(title);
    const found = panelsOf(file)
      .filter((panel) => Object.hasOwn(panels, panel.title ?? ""))
      .map((panel) => [panel.title, `${panel.type} ${panel.fieldConfig?.defaults.unit}`]);
    expect(Object.fromEntries(found)).toEqual(panels);
  });
});

it("every dashboard is asked anew every 30 seconds, and shows alerts as annotations [DSH-1] [QLT-3]", () => {
  for (const { title, refresh, annotations } of Object.values(DASHBOARDS)) {
    expect([title, refresh]).toEqual([title, "30s"]);
    expect(annotations?.list?.map(({ name }) => name)).toEqual(["Critical alerts", "Warnings"]);
  }
});

describe("the dashboard of the integration", () => {
  const file = "gateway-integration";

  it("has eleven panels, and variables of which several values can be chosen [DSH-1]", () => {
    expect(panelsOf(file)).toHaveLength(11);
    const variables = read(file).templating?.list ?? [];
    const several = (name: string) => variables.find((one) => one.name === name)?.multi;
    expect(variables.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["datasource", "server", "action"]),
    );
    expect([several("server"), several("action")]).toEqual([true, true]);
  });

  it("has what is allowed green and what is denied red, in each of its panels of decisions [DSH-1]", () => {
    for (const title of [
      "Authorization Requests",
      "Allow/Deny Ratio",
      "A2A Authorization Requests by Decision",
    ]) {
      const panel = panelOf(file, title);
      expect(colorOf(panel, "allow")).toMatchObject({ fixedColor: "green" });
      expect(colorOf(panel, "deny")).toMatchObject({ fixedColor: "red" });
    }
    expect(panelOf(file, "Allow/Deny Ratio").options?.["pieType"]).toBe("donut");
  });

  it("has the hit rate red below 70 %, yellow to 90 % and green above [DSH-1]", () => {
    expect(stepsOf(panelOf(file, "Cache Hit Rate"))).toEqual([
      { value: null, color: "red" },
      { value: 0.7, color: "yellow" },
      { value: 0.9, color: "green" },
    ]);
  });

  it("has percentiles, errors by operation and type, users of the last hour, steps of connections and stacked servers [DSH-1]", () => {
    expect(legendsOf(panelOf(file, "Authorization Latency P50/P95/P99"))).toEqual(["P50", "P95", "P99"]);
    expect(legendsOf(panelOf(file, "Error Rate by Operation"))).toEqual(["{{operation}} - {{error_type}}"]);
    expect(panelOf(file, "Top Denied Users, Last Hour").targets?.[0]?.expr).toContain("[1h]");
    expect(stepsOf(panelOf(file, "Active Gateway Connections"))?.length).toBeGreaterThan(1);
    const stacked = panelOf(file, "Authorization Requests by Server");
    expect(stacked.fieldConfig?.defaults.custom?.stacking?.mode).toBe("normal");
    expect(legendsOf(stacked)).toEqual(["{{server}}"]);
  });
});

it("the dashboard of the metrics service tells routes, tenants and kinds of queries apart, and CPU from memory [DSH-6]", () => {
  const legends = (title: string) => legendsOf(panelOf("metrics-service", title));
  expect(legends("API Request Rate")).toEqual(["{{route}}"]);
  expect(legends("Active Users by Tenant")).toEqual(["{{tenant_id}}"]);
  expect(legends("Database Query Performance")).toEqual(["{{query_type}}"]);
  expect(legends("System Resource Usage")).toEqual(["{{instance}} CPU", "{{instance}} memory"]);
  expect(panelOf("metrics-service", "API Response Time P95").targets?.[0]?.expr).toMatch(
    /^histogram_quantile\(0\.95,/,
  );
});

it("the line of certificates is where their alert fires, in the unit of the panel [SVC-3]", () => {
  expect(stepsOf(panelOf("infrastructure", "Certificates End In"))).toEqual([
    { value: null, color: "red" },
    { value: 14, color: "green" },
  ]);
});

it("lines of machines are where alerts fire about them: of disks, those are about what is free [SVC-3]", () => {
  const lines = ["Processors in Use", "Memory in Use", "Disks in Use"].map((title) =>
    stepsOf(panelOf("infrastructure", title)),
  );
  const at80 = [
    { value: null, color: "green" },
    { value: 0.8, color: "red" },
  ];
  expect(lines).toEqual([at80, at80, at80]);
});

it("success, errors and denials are parts of one whole [DSH-2]", () => {
  const queries = panelOf("gateway-overview", "Success and Error Rates").targets ?? [];
  const wholes = queries.map(({ expr = "" }) => expr.slice(expr.indexOf(" / (") + 3));
  expect(new Set(wholes).size).toBe(1);
  expect(wholes[0]).toContain('decision="deny"');
});
