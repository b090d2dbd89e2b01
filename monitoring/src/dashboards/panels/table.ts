import {
  FieldTextAlignment,
  TableCellHeight,
  TableFooterOptionsBuilder,
  TableSortByFieldStateBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import type { DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/table";
import {
  built,
  byThresholds,
  common,
  type BuiltPanel,
  type PanelSpec,
  type Step,
  type Unit,
} from "./panel.ts";
import type { Link } from "../parts/links.ts";

/** A column: of a label, or of the value of a query, in the order of the queries. */
export interface Column {
  readonly label?: string;
  readonly title: string;
  readonly unit?: Unit;
  readonly decimals?: number;
  readonly steps?: readonly Step[];
  /** In pixels; by default as the others. */
  readonly width?: number;
  /** Where a row has no value; by default 0. */
  readonly none?: string;
  /** Texts in place of numbers. */
  readonly texts?: Readonly<Record<string, { readonly text: string; readonly color: string }>>;
  readonly links?: readonly Link[];
}

interface TableSpec extends Omit<PanelSpec, "queries"> {
  /** Expressions whose series have these labels, one for each column that is no label. */
  readonly values: readonly string[];
  readonly columns: readonly Column[];
}

/** Series as rows, those with the greatest value of the first value column on top. */
export function table(spec: TableSpec): BuiltPanel {
  const { values, columns } = spec;
  const builder = common(new PanelBuilder(), {
    ...spec,
    queries: values.map((expr) => ({ expr, legend: "", instant: true, as: "table" })),
  })
    .colorScheme(byThresholds())
    .align(FieldTextAlignment.Auto)
    .minWidth(70)
    .cellHeight(TableCellHeight.Sm)
    .footer(new TableFooterOptionsBuilder().show(false));
  if (values.length > 1) {
    builder.withTransformation({ id: "merge", options: {} });
  }
  const fields = fieldsOf(columns, values.length);
  builder.withTransformation({
    id: "organize",
    options: {
      excludeByName: { Time: true },
      indexByName: Object.fromEntries(fields.map((field, at) => [field, at])),
      renameByName: Object.fromEntries(fields.map((field, at) => [field, columns[at]?.title ?? ""])),
    },
  });
  const sorted = columns.find(({ label }) => label === undefined);
  if (sorted !== undefined) {
    builder.sortBy([new TableSortByFieldStateBuilder().displayName(sorted.title).desc(true)]);
  }
  for (const column of columns) {
    builder.overrideByName(column.title, propertiesOf(column));
  }
  return built(builder);
}

/** As Grafana names the fields of series in a table, before they get their titles. */
function fieldsOf(columns: readonly Column[], values: number): string[] {
  let at = 0;
  return columns.map(({ label }) => {
    if (label !== undefined) {
      return label;
    }
    at += 1;
    return values === 1 ? "Value" : `Value #${"ABCDEFGH".charAt(at - 1)}`;
  });
}

function propertiesOf(column: Column): DynamicConfigValue[] {
  const { label, unit, decimals, width, none = "0", steps, texts, links } = column;
  return [
    ...(width === undefined ? [] : [{ id: "custom.width", value: width }]),
    ...(label === undefined ? [{ id: "noValue", value: none }] : []),
    { id: "unit", value: label === undefined ? (unit ?? "locale") : "string" },
    ...(decimals === undefined ? [] : [{ id: "decimals", value: decimals }]),
    ...(steps === undefined
      ? []
      : [
          {
            id: "thresholds",
            value: { mode: "absolute", steps: steps.map(({ from, color }) => ({ value: from, color })) },
          },
        ]),
    ...(steps === undefined && texts === undefined
      ? []
      : [{ id: "custom.cellOptions", value: { type: "color-text" } }]),
    ...(texts === undefined ? [] : [{ id: "mappings", value: [{ type: "value", options: texts }] }]),
    ...(links === undefined ? [] : [{ id: "links", value: links.map((link) => link.build()) }]),
  ];
}
