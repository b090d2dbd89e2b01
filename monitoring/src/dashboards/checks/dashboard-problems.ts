import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { FamilyOf } from "../../promql/labels-of.ts";
import { layoutProblems } from "./layout-problems.ts";
import { linkProblems } from "./link-problems.ts";
import { panelProblems } from "./panel-problems.ts";
import { queriesOf } from "./queries-of.ts";
import { variableProblems } from "./variable-problems.ts";

/** What is wrong with dashboards as they are written, each with the dashboard and the panel. */
export function dashboardProblems(dashboards: readonly Dashboard[], familyOf: FamilyOf): string[] {
  const uids = dashboards.map(({ uid = "" }) => uid);
  return [
    ...uids
      .filter((uid, at) => uid === "" || uids.indexOf(uid) !== at)
      .map((uid) => `there are two dashboards of uid ${uid}, or it has none`),
    ...dashboards.flatMap((dashboard) =>
      problemsOf(dashboard, familyOf).map((problem) => `${dashboard.title}: ${problem}`),
    ),
  ];
}

function problemsOf(dashboard: Dashboard, familyOf: FamilyOf): string[] {
  const panels = (dashboard.panels ?? []).filter((panel): panel is Panel => panel.type !== "row");
  return [
    ...variableProblems(dashboard),
    ...queriesOf(dashboard).flatMap(({ where, check }) =>
      check(familyOf).problems.map((problem) => `${where}: ${problem}`),
    ),
    ...panels.flatMap((panel) =>
      panelProblems(panel, familyOf).map((problem) => `${panel.title}: ${problem}`),
    ),
    ...linkProblems(dashboard),
    ...layoutProblems(dashboard),
  ];
}
