import { series } from "../../../promql/series.ts";
import type { Section } from "../../layout/define-dashboard.ts";
import { allRunbooks } from "../../parts/links.ts";
import { stateTimeline } from "../../panels/state-timeline.ts";
import { table } from "../../panels/table.ts";
import { INCIDENT_STATES, incidents } from "../terms/incidents.ts";

export const alertSection: Section = {
  title: "Alerts",
  panels: [
    table({
      title: "Alert Summary",
      description: "Alerts that fire or are about to, the number of series of each, and who is to act.",
      unit: "short",
      decimals: 0,
      values: [`count by (alertname, alertstate, severity, component, team) (${series("ALERTS")})`],
      columns: [
        { label: "alertname", title: "Alert", width: 280 },
        { label: "alertstate", title: "State" },
        { label: "severity", title: "Severity" },
        { label: "component", title: "Component" },
        { label: "team", title: "Team" },
        { title: "Series", unit: "locale" },
      ],
      empty: "no alerts",
      links: [allRunbooks()],
      width: 12,
      height: 9,
    }),
    stateTimeline({
      title: "Recent Incidents",
      description:
        "Critical alerts and warnings while they fired: when it began, what came with it, when it was over.",
      unit: "none",
      queries: incidents(),
      states: INCIDENT_STATES,
      empty: "no incidents",
      links: [allRunbooks()],
      width: 12,
      height: 9,
    }),
  ],
};
