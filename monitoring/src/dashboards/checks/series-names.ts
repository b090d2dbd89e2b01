import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { FamilyOf } from "../../promql/labels-of.ts";
import { nodesOf, parseQuery, textOf } from "../../promql/tree.ts";
import { targetsOfPanel } from "./queries-of.ts";

/** What the series of a panel, or its columns, can be called; null where a name can be any. */
export function seriesNames(
  panel: Panel,
  labels: readonly ReadonlySet<string>[],
  familyOf: FamilyOf,
): ReadonlySet<string> | null {
  const organize = panel.transformations?.find(({ id }) => id === "organize");
  if (organize !== undefined) {
    const { renameByName } = organize.options as { renameByName: Record<string, string> };
    return new Set(Object.values(renameByName));
  }
  const names = targetsOfPanel(panel).map(({ expr, legendFormat }, at) => {
    const [, label] = /^\{\{\s*(\w+)\s*\}\}$/.exec(legendFormat) ?? [];
    if (label === undefined) {
      return legendFormat.includes("{{") ? null : [legendFormat];
    }
    return labels[at]?.has(label) === true ? valuesOf(expr, label, familyOf) : [];
  });
  return names.includes(null) ? null : new Set(names.flatMap((some) => some ?? []));
}

/** Values that the catalogs list for a label of what a query selects. */
function valuesOf(expr: string, label: string, familyOf: FamilyOf): string[] | null {
  const query = parseQuery(expr);
  const definitions = nodesOf(query.root, "VectorSelector").flatMap((selector) => {
    const name = selector.getChild("Identifier");
    return (name === null ? undefined : familyOf(textOf(query, name))?.labels[label]) ?? [];
  });
  const listed = definitions.flatMap((definition) =>
    definition.kind === "oneOf" ? [definition.values] : [],
  );
  return listed.length < definitions.length ? null : listed.flat();
}
