import type { RuleFile } from "../domain/alert.ts";
import { burnAlerts, recordingsOf } from "./slo/burn-rates.ts";
import { lagAlerts, lagRecordings } from "./slo/delivery-lag.ts";
import { OBJECTIVES } from "./slo/objectives.ts";

/** What is promised over 30 days, and how fast its budget of errors is used up. */
export const sloAlerts: RuleFile = {
  path: "monitoring/prometheus/alerts/slo_alerts.yml",
  title: "Promises (SLO)",
  groups: [
    ...OBJECTIVES.map((objective) => ({
      name: `sark-slo-${objective.slo}`,
      recordings: recordingsOf(objective),
      alerts: burnAlerts(objective),
    })),
    { name: "sark-slo-delivery-lag", recordings: lagRecordings, alerts: lagAlerts },
  ],
};
