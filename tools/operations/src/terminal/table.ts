import { widthOf } from "./fit-width.ts";
import { oneLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { formatTwoColumns } from "./two-columns.ts";
import { wrapText } from "./wrap-text.ts";

/** A last column with less room than this is not wrapped: its rows would be higher than they are wide. */
const LEAST_LAST = 24;

export interface Column<R> {
  readonly title: string;
  value(row: R): string;
  /** For numbers. Default: to the left. */
  readonly align?: "right";
  /** Colours the text when it has its width. */
  paint?(row: R): ((text: string) => string) | undefined;
}

/**
 * Rows in columns as wide as their widest text, under faint titles. Where the terminal is too narrow for that, the text of the last
 * column is wrapped within it; where that leaves it no room, each row becomes a record, its values one below the other beside their titles: a table whose lines wrap cannot be read.
 */
export function formatTable<R>(columns: readonly Column<R>[], rows: readonly R[], style: Style): string {
  const texts = columns.map((column) => rows.map((row) => oneLine(column.value(row))));
  const widths = columns.map(({ title }, at) => Math.max(widthOf(title), ...(texts[at] ?? []).map(widthOf)));
  const width = widths.reduce((sum, one) => sum + one + 2, -2);
  // Text in the last column may be of several lines; anywhere else it would tear the row apart.
  const last = columns.length - 1;
  const room = style.columns - (width - (widths[last] ?? 0));
  const wrapped =
    width > style.columns &&
    room >= LEAST_LAST &&
    columns[last]?.align !== "right" &&
    (texts[last] ?? []).every((text) => text.split(" ").every((word) => widthOf(word) <= room));
  if (width > style.columns && !wrapped) {
    return formatRecords(columns, rows, style);
  }
  if (wrapped) {
    widths[last] = room;
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
  const lines = rows.flatMap((row, line) => {
    const [first = "", ...more] = wrapText(
      texts[last]?.[line] ?? "",
      wrapped ? room : Number.POSITIVE_INFINITY,
    );
    const cells = columns.map(({ paint }, at) =>
      (paint?.(row) ?? String)(fit(at === last ? first : (texts[at]?.[line] ?? ""), at)),
    );
    const indent = " ".repeat(style.columns === Number.POSITIVE_INFINITY ? 0 : style.columns - room);
    const paintLast = columns[last]?.paint?.(row) ?? String;
    return [cells.join("  ").trimEnd(), ...more.map((text) => `${indent}${paintLast(text)}`)];
  });
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
