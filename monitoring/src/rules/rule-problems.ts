import { bounded, oneOf } from "@sark/observability/metrics";
import { familyOf, type Family } from "../catalog/metrics.ts";
import { checkQuery } from "../promql/query-problems.ts";
import type { Alert, RuleFile } from "../domain/alert.ts";
import { expressionOf } from "./expression.ts";

/** What is wrong with rules: each query, each label that a text names, each name. */
export function ruleProblems(files: readonly RuleFile[]): string[] {
  const recorded = recordedFamilies(files);
  const find = (name: string) => familyOf(name) ?? recorded.families.get(name);
  const names = files.flatMap((file) => file.groups.flatMap(({ alerts }) => alerts.map(({ name }) => name)));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [
    ...recorded.problems,
    ...twice.map((name) => `${name}: there are two alerts of this name`),
    ...files.flatMap((file) => file.groups.flatMap(({ alerts }) => alerts.flatMap(problemsOf))),
  ];

  function problemsOf(alert: Alert): string[] {
    const { problems, labels } = checkQuery(expressionOf(alert.when), find);
    const used = [...`${alert.summary} ${alert.description}`.matchAll(/\$labels\.(\w+)/g)].map(
      ([, label = ""]) => label,
    );
    const asked = alert.runbook.diagnosis.flatMap(
      ({ command }) => /^promtool query instant "\$PROM" '(.*)'$/.exec(command)?.[1] ?? [],
    );
    return [
      ...problems,
      ...asked.flatMap((query) => checkQuery(query, find).problems),
      ...used
        .filter((label) => labels?.has(label) !== true)
        .map((label) => `its text names ${label}, which its series have not`),
      ...(alert.description.includes("$value") ? [] : ["its description does not say the value"]),
    ].map((problem) => `${alert.name}: ${problem}`);
  }
}

/** What recording rules write, with the labels that their queries return and those that the rules add. */
export function recordedFamilies(files: readonly RuleFile[]): {
  readonly families: ReadonlyMap<string, Family>;
  readonly problems: readonly string[];
} {
  const families = new Map<string, Family>();
  const problems: string[] = [];
  const recordings = files.flatMap((file) => file.groups.flatMap(({ recordings = [] }) => recordings));
  for (const { record, expr, labels: added = {} } of recordings) {
    const checked = checkQuery(expr, (name) => familyOf(name) ?? families.get(name));
    problems.push(...checked.problems.map((problem) => `${record}: ${problem}`));
    const returned = [...(checked.labels ?? [])].map((label) => [label, bounded(1_000)] as const);
    const known = families.get(record)?.labels;
    const fixed = Object.entries(added).map(([label, value]) => {
      const before = known?.[label];
      return [label, oneOf(...(before?.kind === "oneOf" ? before.values : []), value)] as const;
    });
    families.set(record, { cumulative: false, labels: Object.fromEntries([...returned, ...fixed]) });
  }
  return { families, problems };
}
