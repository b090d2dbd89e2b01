import type { RuleFile } from "../domain/alert.ts";
import { usageAlerts } from "./business/usage.ts";

/** ALR-4: what the tools are worth and cost. */
export const businessAlerts: RuleFile = {
  path: "monitoring/prometheus/alerts/business_alerts.yml",
  title: "Business",
  groups: [{ name: "sark-business", alerts: usageAlerts }],
};
