import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { FamilyOf } from "../../promql/labels-of.ts";
import { checkQuery } from "../../promql/query-problems.ts";
import { DATA_SOURCE } from "../parts/query.ts";
import { targetsOfPanel } from "./queries-of.ts";
import { seriesNames } from "./series-names.ts";

/** What a panel says of its series that they are not: labels of legends and links, names that get a color or a link. */
export function panelProblems(panel: Panel, familyOf: FamilyOf): string[] {
  const targets = targetsOfPanel(panel);
  const labels = targets.map(({ expr }) => checkQuery(expr, familyOf).labels ?? new Set<string>());
  const names = seriesNames(panel, labels, familyOf);
  const { defaults, overrides } = panel.fieldConfig ?? { defaults: {}, overrides: [] };
  return [
    ...["title", "description"]
      .filter((part) => !panel[part as "title"]?.trim())
      .map((part) => `has no ${part}`),
    ...(defaults.unit === undefined ? ["has no unit"] : []),
    ...(targets.length === 0 ? ["asks for nothing"] : []),
    ...([panel.datasource, ...targets.map(({ datasource = DATA_SOURCE }) => datasource)].every(
      (source) => source?.uid === DATA_SOURCE.uid,
    )
      ? []
      : ["asks another data source than $datasource"]),
    ...targets.flatMap(({ refId, legendFormat }, at) =>
      missing(legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g), labels[at] ?? new Set()).map(
        (label) => `the legend of ${refId} names ${label}, which its series have not`,
      ),
    ),
    ...labels.flatMap((own) =>
      missing(JSON.stringify(defaults).matchAll(/\$\{__field\.labels\.(\w+)/g), own).map(
        (label) => `a link names ${label}, which its series have not`,
      ),
    ),
    ...overrides.flatMap(({ matcher }) =>
      matcher.id !== "byName" || names === null || names.has(String(matcher.options))
        ? []
        : [`gives ${String(matcher.options)} a look, and no series or column is called that`],
    ),
    ...columnProblems(panel, labels),
  ];
}

/** Columns that a table puts in order and names, and no query returns. */
function columnProblems(panel: Panel, labels: readonly ReadonlySet<string>[]): string[] {
  const organize = panel.transformations?.find(({ id }) => id === "organize");
  const shown = Object.keys((organize?.options as { indexByName?: object } | undefined)?.indexByName ?? {});
  const returned = new Set(labels.flatMap((own) => [...own]));
  const unnamed = organize === undefined ? [] : [...returned].filter((label) => !shown.includes(label));
  return [
    ...shown
      .filter((field) => !field.startsWith("Value") && !returned.has(field))
      .map((field) => `shows a column ${field}, which its series have not`),
    ...unnamed.map((label) => `returns ${label}, which no column shows`),
  ];
}

function missing(found: Iterable<RegExpMatchArray>, labels: ReadonlySet<string>): string[] {
  return [...found].map(([, label = ""]) => label).filter((label) => !labels.has(label));
}
