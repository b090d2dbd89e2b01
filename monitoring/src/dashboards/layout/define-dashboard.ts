import {
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  TimePickerBuilder,
  type Dashboard,
  type Panel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { firedAlerts } from "../parts/annotations.ts";
import { otherDashboards } from "../parts/links.ts";
import type { BuiltPanel } from "../panels/panel.ts";
import { dataSource, linkTargets, traceSource, type Variable } from "../parts/variables.ts";

const COLUMNS = 24;
/** Every dashboard has it; the menu of dashboards lists those that have it. */
const TAG = "sark";

export interface DashboardSpec {
  /** For good: links and what people have starred name it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** One more at each change that people should know of; Grafana counts on from it. */
  readonly version: number;
  /** Besides the data source. */
  readonly variables: readonly Variable[];
  readonly sections: readonly Section[];
}

export interface Section {
  /** Without one, panels stand without a heading. */
  readonly title?: string;
  readonly panels: readonly BuiltPanel[];
}

/** A dashboard as Grafana takes it: panels from left to right, each section below the one before, ids in that order. */
export function defineDashboard(spec: DashboardSpec): Dashboard {
  const panels = JSON.stringify(spec.sections);
  const builder = new DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([TAG, ...spec.tags])
    .version(spec.version)
    .readonly()
    .timezone("browser")
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    .timepicker(new TimePickerBuilder().refreshIntervals(["10s", "30s", "1m", "5m", "15m"]))
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([
      dataSource(),
      ...spec.variables,
      ...(panels.includes("${traces}") ? [traceSource()] : []),
      ...linkTargets(panels),
    ])
    .annotations([firedAlerts("critical"), firedAlerts("warning")])
    .link(otherDashboards(TAG));
  const placed = place(spec.sections);
  for (const panel of placed) {
    if (panel.type === "row") {
      builder.withRow(new RowBuilder(panel.title ?? "").id(panel.id ?? 0).gridPos(panel.gridPos));
    } else {
      builder.withPanel({ build: () => panel });
    }
  }
  // Plain data: queries that are built carry a mark of the builder.
  return JSON.parse(JSON.stringify(builder.build())) as Dashboard;
}

type Placed = Panel & { readonly gridPos: BuiltPanel["gridPos"] };

function place(sections: readonly Section[]): Placed[] {
  const placed: Placed[] = [];
  let y = 0;
  for (const { title, panels } of sections) {
    if (title !== undefined) {
      placed.push({ type: "row", title, id: placed.length + 1, gridPos: { x: 0, y, w: COLUMNS, h: 1 } });
      y += 1;
    }
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      const { w, h } = panel.gridPos;
      if (x + w > COLUMNS) {
        y += height;
        x = 0;
        height = 0;
      }
      placed.push({ ...panel, id: placed.length + 1, gridPos: { x, y, w, h } });
      x += w;
      height = Math.max(height, h);
    }
    y += height;
  }
  return placed;
}
