import type { Alert, RuleFile } from "../domain/alert.ts";
import { businessAlerts } from "../definitions/business-alerts.ts";
import { gatewayAlerts } from "../definitions/gateway-alerts.ts";
import { infrastructureAlerts } from "../definitions/infrastructure-alerts.ts";
import { metricsServiceAlerts } from "../definitions/metrics-service-alerts.ts";
import { securityAlerts } from "../definitions/security-alerts.ts";
import { serviceAlerts } from "../definitions/service-alerts.ts";
import { sloAlerts } from "../definitions/slo-alerts.ts";
import { watchingAlerts } from "../definitions/watching-alerts.ts";

/** Every file of rules. */
export const RULE_FILES: readonly RuleFile[] = [
  gatewayAlerts,
  serviceAlerts,
  securityAlerts,
  infrastructureAlerts,
  businessAlerts,
  metricsServiceAlerts,
  sloAlerts,
  watchingAlerts,
];

/** The step of an alert's tests, in minutes. */
export function stepOf({ proof }: Alert): number {
  return proof.step ?? 1;
}

/** The steps that the tests of a file have. Each is a file of tests: promtool has one interval in each. */
export function stepsOf(file: RuleFile): number[] {
  return [...new Set(file.groups.flatMap(({ alerts }) => alerts.map(stepOf)))];
}

/** Where the unit tests of a file of rules are: under its own name, since two differ by a hyphen only. */
export function testPathOf(file: RuleFile, step: number): string {
  const name = file.path.replace(/^.*\//, "").replace(/\.ya?ml$/, "");
  return `monitoring/prometheus/tests/${name}${step === 1 ? "" : `.every-${step}m`}.test.yml`;
}
