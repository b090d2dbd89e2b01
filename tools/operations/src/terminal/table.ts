import { widthOf } from "./fit-width.ts";
import { oneLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { formatTwoColumns } from "./two-columns.ts";

export interface Column<R> {
  readonly title: string;
  value(row: R): string;
  /** For numbers. Default: to the left. */
  readonly align?: "right";
  /** Colours the text when it has its width. */
  paint?(row: R): ((text: string) => string) | undefined;
}

/**
 * Rows in columns as wide as their widest text, under faint titles. Where the terminal is too narrow for that, each row becomes a
 * record, its values one below the other beside their titles: a table whose lines wrap cannot be read.
 */
export function formatTable<R>(columns: readonly Column<R>[], rows: readonly R[], style: Style): string {
  const texts = columns.map((column) => rows.map((row) => oneLine(column.value(row))));
  const widths = columns.map(({ title }, at) => Math.max(widthOf(title), ...(texts[at] ?? []).map(widthOf)));
  if (widths.reduce((sum, width) => sum + width + 2, -2) > style.columns) {
    return formatRecords(columns, rows, style);
  }
  const fit = (text: string, at: number) => {
    const gap = " ".repeat(Math.max(0, (widths[at] ?? 0) - widthOf(text)));
    return columns[at]?.align === "right" ? `${gap}${text}` : `${text}${gap}`;
  };
  const head = style.faint(
    columns
      .map(({ title }, at) => fit(title, at))
      .join("  ")
      .trimEnd(),
  );
  const lines = rows.map((row, line) =>
    columns
      .map(({ paint }, at) => (paint?.(row) ?? String)(fit(texts[at]?.[line] ?? "", at)))
      .join("  ")
      .trimEnd(),
  );
  return [head, ...lines].map((line) => `${line}\n`).join("");
}

/** Columns without a title draw what others say. */
function formatRecords<R>(columns: readonly Column<R>[], rows: readonly R[], style: Style): string {
  const titled = columns.filter(({ title }) => title !== "");
  const records = rows.map((row) =>
    formatTwoColumns(
      titled.map(({ title, value, paint }) => ({
        name: title,
        value: oneLine(value(row)),
        paint: paint?.(row),
      })),
      style,
      { paintName: style.faint },
    ),
  );
  return records.map((lines) => lines.map((line) => `${line}\n`).join("")).join("\n");
}
