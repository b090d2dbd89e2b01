import { queriesOf, readLabelValues, selectorsOf, type Dashboard } from "@sark/monitoring";
import type { Prometheus } from "@sark/testkit";
import { interpolate, type Choice } from "./interpolate.ts";

/** What a dashboard shows nothing for, or what it shows that is old, on a Prometheus under traffic. */
export async function liveProblems(
  dashboard: Dashboard,
  prometheus: Prometheus,
  maxAgeSeconds: number,
): Promise<string[]> {
  const variables = await valuesOfVariables(dashboard, prometheus);
  const problems = [...variables]
    .filter(([, values]) => values.length === 0)
    .map(([name]) => `$${name} has no values`);
  for (const { where, expr } of queriesOf(dashboard)) {
    for (const choice of choicesFor(expr, variables)) {
      const samples = await prometheus.query(interpolate(expr, choice));
      if (!samples.some(({ value }) => Number.isFinite(value))) {
        problems.push(`${where} is empty with ${JSON.stringify(choice)}: ${expr}`);
      }
    }
    problems.push(...(await oldSelectors(where, expr, prometheus, maxAgeSeconds)));
  }
  return problems.map((problem) => `${dashboard.title}: ${problem}`);
}

/** Values of each variable that has a query. */
async function valuesOfVariables(
  dashboard: Dashboard,
  prometheus: Prometheus,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const values = new Map<string, readonly string[]>();
  for (const { name, query } of dashboard.templating.list ?? []) {
    const { selector, label } = readLabelValues(query);
    if (label !== "") {
      const found = await prometheus.query(`group by (${label}) (${selector})`);
      values.set(
        name,
        found.map(({ metric }) => metric[label] ?? "").filter((value) => value !== ""),
      );
    }
  }
  return values;
}

/** All values of all variables; each value of each alone; and all values of each, one by one named. */
function choicesFor(expr: string, variables: ReadonlyMap<string, readonly string[]>): Choice[] {
  const used = [...variables].filter(([name]) => new RegExp(String.raw`\$\{?${name}\b`).test(expr));
  return [
    {},
    ...used.flatMap(([name, values]) => [
      ...values.map((value) => ({ [name]: [value] })),
      { [name]: values },
    ]),
  ];
}

/** Age of the newest point of each selector; what a query makes of an old one would look new. */
async function oldSelectors(
  where: string,
  expr: string,
  prometheus: Prometheus,
  maxAgeSeconds: number,
): Promise<string[]> {
  const problems: string[] = [];
  for (const selector of new Set(selectorsOf(expr))) {
    const [age] = await prometheus.query(`time() - max(timestamp(${interpolate(selector, {})}))`);
    if (age !== undefined && age.value >= maxAgeSeconds) {
      problems.push(`${where}: the newest point of ${selector} is ${age.value} s old`);
    }
  }
  return problems;
}
