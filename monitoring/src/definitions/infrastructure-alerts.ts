import type { RuleFile } from "../domain/alert.ts";
import { dependencyAlerts } from "./infrastructure/dependencies.ts";
import { hostAlerts } from "./infrastructure/hosts.ts";

/** ALR-3: machines, and what the gateway depends on. */
export const infrastructureAlerts: RuleFile = {
  path: "monitoring/prometheus/alerts/infrastructure_alerts.yml",
  title: "Infrastructure",
  groups: [{ name: "sark-infrastructure", alerts: [...hostAlerts, ...dependencyAlerts] }],
};
