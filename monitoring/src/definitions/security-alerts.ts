import type { RuleFile } from "../domain/alert.ts";
import { behaviourAlerts } from "./security/behaviour.ts";
import { credentialAlerts } from "./security/credentials.ts";

/** ALR-2: who tries what it must not. */
export const securityAlerts: RuleFile = {
  path: "monitoring/prometheus/alerts/security_alerts.yml",
  title: "Security",
  groups: [{ name: "sark-security", alerts: [...credentialAlerts, ...behaviourAlerts] }],
};
