import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { RULE_FILES } from "../../rules/rule-files.ts";
import { RUNBOOKS, runbookUrl } from "../../rules/runbook-url.ts";

/** Links to runbooks of alerts that are not there. */
export function linkProblems(dashboard: Dashboard): string[] {
  const sections = new Set(
    RULE_FILES.flatMap(({ groups }) =>
      groups.flatMap(({ alerts }) => alerts.map(({ name }) => runbookUrl(name))),
    ),
  );
  return [...JSON.stringify(dashboard).matchAll(/\$\{runbooks\}\/([^"]*)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => target !== RUNBOOKS && !sections.has(target))
    .map((target) => `links to ${target}, which is no section of the runbooks`);
}
