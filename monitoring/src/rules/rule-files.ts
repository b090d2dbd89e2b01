import type { RuleFile } from "../domain/alert.ts";
import { gatewayAlerts } from "../definitions/gateway-alerts.ts";

/** Every file of rules. */
export const RULE_FILES: readonly RuleFile[] = [gatewayAlerts];

/** Where the unit tests of a file of rules are. */
export function testPathOf(file: RuleFile): string {
  const name = file.path
    .replace(/^.*\//, "")
    .replace(/\.ya?ml$/, "")
    .replaceAll("_", "-");
  return `monitoring/prometheus/tests/${name}.test.yml`;
}
