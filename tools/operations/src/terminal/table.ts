import { oneLine } from "./printable.ts";
import type { Style } from "./style.ts";

export interface Column<R> {
  readonly title: string;
  value(row: R): string;
  /** For numbers. Default: to the left. */
  readonly align?: "right";
  /** Colours the text when it has its width. */
  paint?(row: R): ((text: string) => string) | undefined;
}

/** Rows in columns as wide as their widest text, under faint titles. */
export function formatTable<R>(columns: readonly Column<R>[], rows: readonly R[], style: Style): string {
  const texts = columns.map((column) => rows.map((row) => oneLine(column.value(row))));
  const widths = columns.map(({ title }, at) =>
    Math.max(title.length, ...(texts[at] ?? []).map((text) => text.length)),
  );
  const fit = (text: string, at: number) =>
    columns[at]?.align === "right" ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0);
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
