import { stringify } from "yaml";
import { alertmanagerConfiguration, EXAMPLE_WAYS } from "./alertmanager/configuration.ts";
import { renderTemplates } from "./alertmanager/templates.ts";
import { familyOf } from "./catalog/metrics.ts";
import { SOURCES } from "./catalog/sources.ts";
import { dashboardProblems } from "./dashboards/checks/dashboard-problems.ts";
import { DASHBOARDS } from "./dashboards/dashboards.ts";
import { renderDashboard } from "./dashboards/render-dashboard.ts";
import { exampleProblems } from "./reference/example-problems.ts";
import { renderReferences } from "./reference/render-reference.ts";
import { RULE_FILES, stepsOf, testPathOf } from "./rules/rule-files.ts";
import { recordedFamilies, ruleProblems } from "./rules/rule-problems.ts";
import { renderRules } from "./rules/render-rules.ts";
import { renderMixin, renderPrometheusRule } from "./rules/render-operator.ts";
import { renderRunbooks } from "./rules/render-runbooks.ts";
import { renderTests } from "./rules/render-tests.ts";
import { RUNBOOKS } from "./rules/runbook-url.ts";
import { environmentConfigurations } from "./environments/configurations.ts";
import { jobsAt, prometheusConfiguration } from "./scraping/configuration.ts";
import { LOCAL } from "./scraping/places.ts";

/** Rules, dashboards or example queries that name what no catalog has; `problems` has each. */
export class MonitoringError extends Error {
  override readonly name = "MonitoringError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`rules, dashboards or examples are not as the metric catalogs:\n- ${problems.join("\n- ")}`);
    this.problems = problems;
  }
}

/** Text of each generated file, by its path from the root. Throws `MonitoringError` where one would lie. */
export function generatedFiles(): Record<string, string> {
  const recorded = recordedFamilies(RULE_FILES).families;
  const problems = [
    ...ruleProblems(RULE_FILES),
    ...exampleProblems([SOURCES["sark-gateway"], SOURCES["sark-metrics"]]),
    ...dashboardProblems(Object.values(DASHBOARDS), (name) => familyOf(name) ?? recorded.get(name)),
  ];
  if (problems.length > 0) {
    throw new MonitoringError(problems);
  }
  return Object.fromEntries([
    ...RULE_FILES.map((file) => [file.path, renderRules(file)]),
    ...RULE_FILES.flatMap((file) =>
      stepsOf(file).map((step) => [testPathOf(file, step), renderTests(file, step)] as const),
    ),
    ...Object.entries(DASHBOARDS).map(([path, dashboard]) => [path, renderDashboard(dashboard)]),
    [RUNBOOKS, renderRunbooks(RULE_FILES)],
    ...Object.entries(renderReferences()),
    ["monitoring/prometheus/prometheus-rule.yaml", renderPrometheusRule(RULE_FILES)],
    ["monitoring/prometheus/mixin.libsonnet", renderMixin(RULE_FILES)],
    ["monitoring/prometheus/prometheus.yml", configuration(example())],
    ["monitoring/alertmanager/alertmanager.yml", configuration(alertmanagerConfiguration(EXAMPLE_WAYS))],
    ["monitoring/alertmanager/templates/sark.tmpl", `${renderTemplates()}\n`],
    ...Object.entries(environmentConfigurations()).map(
      ([path, content]) => [path, configuration(content)] as const,
    ),
  ]);
}

/** Everything on one machine. */
function example(): object {
  return prometheusConfiguration({
    interval: "15s",
    alertmanager: LOCAL.alertmanager ?? "",
    scraped: jobsAt(LOCAL, ["https://sark.example.com/health"]),
  });
}

function configuration(content: object): string {
  const note = "Generated from monitoring/src by `npm run generate`: edit it there.";
  return `# ${note}\n${stringify(content, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
