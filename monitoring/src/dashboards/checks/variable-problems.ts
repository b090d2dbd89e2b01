import { VariableType, type Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { queriesOf, readLabelValues } from "./queries-of.ts";

/** What Grafana itself puts in place of a name. */
const BUILT_IN =
  /^(?:__(?:rate_interval|interval|range|from|to|all)(?::.*)?|__(?:field|value|data|series)\b.*)$/;

/** Variables that are not there, that nothing uses, or that filter a label by the values of another one. */
export function variableProblems(dashboard: Dashboard): string[] {
  const variables = dashboard.templating.list ?? [];
  const names = new Set(variables.map(({ name }) => name));
  const used = usedIn(JSON.stringify({ ...dashboard, templating: {} }));
  const labels = new Map(
    variables
      .filter(({ type }) => type === VariableType.Query)
      .map(({ name, query }) => [name, readLabelValues(query).label] as const),
  );
  return [
    ...[...used]
      .filter((name) => !names.has(name) && !BUILT_IN.test(name))
      .map((name) => `uses $${name}, which is no variable of it`),
    ...[...names]
      .filter((name) => !used.has(name) && name !== "datasource")
      .map((name) => `nothing uses $${name}`),
    ...queriesOf(dashboard).flatMap(({ where, expr }) =>
      [...expr.matchAll(/(\w+)\s*(=~|!~|!?=)\s*"\$\{?(\w+)\}?"/g)].flatMap(
        ([, label = "", operator = "", name = ""]) => matcherProblems(where, label, operator, name),
      ),
    ),
  ];

  function matcherProblems(where: string, label: string, operator: string, name: string): string[] {
    const values = labels.get(name);
    return [
      ...(values !== undefined && values !== label
        ? [`${where}: ${label} is compared with $${name}, whose values are those of ${values}`]
        : []),
      // Several values, or all of them, come as alternatives of a regular expression.
      ...(operator === "=~" ? [] : [`${where}: ${label}${operator}"$${name}" takes one value only`]),
    ];
  }
}

/** Names after `$`, or within `${}` up to the format. */
function usedIn(json: string): Set<string> {
  const names = [...json.matchAll(/\$(?:\{([^}]+)\}|(\w+))/g)].map(
    ([, braced, plain]) => braced ?? plain ?? "",
  );
  return new Set(names.map((name) => (name.startsWith("__") ? name : name.replace(/[:.].*$/, ""))));
}
