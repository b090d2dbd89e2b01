import type { RuleFile } from "../domain/alert.ts";
import { alertingAlerts } from "./watching/alerting.ts";

/** Whether alerts arrive at all. */
export const watchingAlerts: RuleFile = {
  path: "monitoring/prometheus/alerts/monitoring_alerts.yml",
  title: "Alerting",
  groups: [{ name: "sark-monitoring", alerts: alertingAlerts }],
};
