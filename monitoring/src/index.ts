export { alertmanagerConfiguration } from "./alertmanager/configuration.ts";
export { SOURCES } from "./catalog/sources.ts";
export { DASHBOARDS } from "./dashboards/dashboards.ts";
export { queriesOf, readLabelValues } from "./dashboards/checks/queries-of.ts";
export { generatedFiles } from "./generated-files.ts";
export { selectorsOf } from "./promql/selectors-of.ts";
export { renderRules } from "./rules/render-rules.ts";
export { RULE_FILES } from "./rules/rule-files.ts";
export type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
