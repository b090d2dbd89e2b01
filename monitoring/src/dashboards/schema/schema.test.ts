import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { describe, expect, it } from "vitest";
import { DASHBOARDS } from "../dashboards.ts";
import { renderDashboard } from "../render-dashboard.ts";

const schema = JSON.parse(readFileSync(join(import.meta.dirname, "grafana.schema.json"), "utf8")) as {
  $comment: string;
};
const validate = new Ajv({ strict: false }).compile(schema);
const written = Object.values(DASHBOARDS).map(
  (dashboard) => JSON.parse(renderDashboard(dashboard)) as Dashboard,
);

function problemOf(dashboard: Dashboard): string {
  return validate(dashboard) ? "" : JSON.stringify(validate.errors);
}

describe("Grafana's schema of dashboards", () => {
  it("is that of the foundation SDK in use: `npm run schema` in monitoring/rendering writes it", () => {
    const entry = createRequire(import.meta.url).resolve("@grafana/grafana-foundation-sdk/dashboard");
    const { version } = JSON.parse(readFileSync(join(dirname(entry), "../../package.json"), "utf8")) as {
      version: string;
    };
    expect(schema.$comment).toContain(`grafana-foundation-sdk ${version.replace(/^v/, "")},`);
  });

  it.each(written.map((dashboard) => [dashboard.title ?? "", dashboard]))(
    "is that of %s [DSH-1] [DSH-2] [DSH-3] [DSH-4] [DSH-5]",
    (_title, dashboard) => {
      expect(problemOf(dashboard)).toBe("");
    },
  );

  it.each<[string, (dashboard: Dashboard, panelOf: (type: string) => Panel) => void]>([
    [
      "an option that there is not",
      (_all, panelOf) => Object.assign(panelOf("timeseries").options, { legends: {} }),
    ],
    ["an option of another kind", (_all, panelOf) => Object.assign(panelOf("stat").options, { legend: {} })],
    ["a value that there is not", (_all, panelOf) => (panelOf("piechart").options.pieType = "ring")],
    [
      "a custom field of another kind",
      (_all, panelOf) => Object.assign(panelOf("table").fieldConfig?.defaults.custom, { drawStyle: "line" }),
    ],
    ["a kind of panel that there is not", (_all, panelOf) => (panelOf("gauge").type = "speedometer")],
    ["a number as a text", (_all, panelOf) => Object.assign(panelOf("gauge").gridPos ?? {}, { w: "6" })],
    [
      "a query without an expression",
      (_all, panelOf) => delete (panelOf("stat").targets![0] as { expr?: string }).expr,
    ],
    ["a member that there is not", (all) => Object.assign(all, { folder: "SARK" })],
    [
      "a color mode that there is not",
      (_all, panelOf) =>
        Object.assign(panelOf("stat").fieldConfig?.defaults.color ?? {}, { mode: "rainbow" }),
    ],
    ["a variable of no kind", (all) => Object.assign(all.templating.list?.[0] ?? {}, { type: "list" })],
  ])("does not fit %s", (_what, plant) => {
    const dashboard = structuredClone(written[0] as Dashboard);
    const panelOf = (type: string) => dashboard.panels?.find((panel) => panel.type === type) as Panel;
    plant(dashboard, panelOf);
    expect(problemOf(dashboard)).not.toBe("");
  });
});
