import type { Alert } from "../../../domain/alert.ts";
import { series } from "../../../promql/series.ts";
import type { Query } from "../../parts/query.ts";

/** Alerts while they fire, a row for each rule, whatever the number of its series. */
export function incidents(of: Partial<Pick<Alert, "team">> = {}): readonly Query[] {
  const fired = (severity: "critical" | "warning") =>
    `max by (alertname) (${series("ALERTS", { alertstate: "firing", severity, ...of })})`;
  return [{ expr: `2 * ${fired("critical")} or ${fired("warning")}`, legend: "{{alertname}}" }];
}

export const INCIDENT_STATES = {
  1: { text: "warning", color: "orange" },
  2: { text: "critical", color: "red" },
} as const;
