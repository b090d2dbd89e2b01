import {
  VariableType,
  type AnnotationQuery,
  type Dashboard,
  type Panel,
  type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { FamilyOf } from "../../promql/labels-of.ts";
import { checkQuery, type CheckedQuery } from "../../promql/query-problems.ts";

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant?: boolean;
  readonly format?: string;
  readonly datasource?: { readonly uid?: string };
}

/** Queries of a panel, as they stand in it. */
export function targetsOfPanel(panel: Panel): readonly Target[] {
  return (panel.targets ?? []) as unknown as readonly Target[];
}

/** One query of a dashboard, wherever it stands. */
export interface DashboardQuery {
  readonly where: string;
  readonly expr: string;
  check(familyOf: FamilyOf): CheckedQuery;
}

/** Every query: of panels, of annotations, of variables. */
export function queriesOf(dashboard: Dashboard): DashboardQuery[] {
  const panels = (dashboard.panels ?? []).filter((panel): panel is Panel => panel.type !== "row");
  return [
    ...panels.flatMap((panel) =>
      targetsOfPanel(panel).map(({ refId, expr }) => promQl(`${panel.title} ${refId}`, expr)),
    ),
    ...(dashboard.annotations.list ?? []).map(ofAnnotation),
    ...(dashboard.templating.list ?? []).filter(({ type }) => type === VariableType.Query).map(ofVariable),
  ];
}

function promQl(where: string, expr: string): DashboardQuery {
  return { where, expr, check: (familyOf) => checkQuery(expr, familyOf) };
}

function ofAnnotation(annotation: AnnotationQuery): DashboardQuery {
  const { name, expr = "", titleFormat = "", textFormat = "", tagKeys = "" } = annotation;
  const used = [...`${titleFormat} ${textFormat}`.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(
    ([, label = ""]) => label,
  );
  return {
    where: name,
    expr,
    check(familyOf) {
      const { problems, labels } = checkQuery(expr, familyOf);
      const absent = [...used, ...tagKeys.split(",").filter(Boolean)].filter(
        (label) => labels?.has(label) !== true,
      );
      return {
        labels,
        problems: [
          ...problems,
          ...absent.map((label) => `its text names ${label}, which its series have not`),
        ],
      };
    },
  };
}

/** `label_values(selector, label)`: the selector is one of PromQL, and has the label. */
function ofVariable({ name, query }: VariableModel): DashboardQuery {
  const { selector, label } = readLabelValues(query);
  return {
    where: `$${name}`,
    expr: selector,
    check(familyOf) {
      const { problems, labels } = checkQuery(selector, familyOf);
      return {
        labels,
        problems: labels?.has(label) === true ? problems : [...problems, `${selector} has no label ${label}`],
      };
    },
  };
}

/** What a variable asks for. Empty texts where it is something else. */
export function readLabelValues(query: VariableModel["query"]): { selector: string; label: string } {
  const text = typeof query === "string" ? query : String(query?.["query"]);
  const [, selector = "", label = ""] = /^label_values\((.*),\s*(\w+)\)$/.exec(text) ?? [];
  return { selector, label };
}
