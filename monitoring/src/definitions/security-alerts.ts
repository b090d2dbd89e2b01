import type { RuleFile } from "../domain/alert.ts";
import { behaviourAlerts } from "./security/behaviour.ts";
import { credentialAlerts } from "./security/credentials.ts";
import { historyAlerts } from "./security/history.ts";

/** ALR-2: who tries what it must not, and whether what was on record still is. */
export const securityAlerts: RuleFile = {
  path: "monitoring/prometheus/alerts/security_alerts.yml",
  title: "Security",
  groups: [{ name: "sark-security", alerts: [...credentialAlerts, ...behaviourAlerts, ...historyAlerts] }],
};
