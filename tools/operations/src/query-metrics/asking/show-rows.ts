import { styleFor } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import { writeText } from "../../terminal/write-text.ts";
import type { ToolContext } from "../../tool-context.ts";
import type { FigureRow, FigureSource, FiguresQuery } from "../figures/figures.ts";
import { describeSource, sourceJson, type SourceFlags } from "./source-flags.ts";
import { jsonLine } from "../../terminal/printable.ts";

/** Shows the rows of a question: as a table under where they are from, or as one JSON object. */
export async function showRows(
  context: ToolContext,
  flags: SourceFlags,
  source: FigureSource,
  question: {
    readonly query: Omit<FiguresQuery, "last">;
    readonly limit: number;
    /** Which rows, and in which order. Default: all, as the source has them. */
    select?(rows: readonly FigureRow[]): readonly FigureRow[];
    columns(rows: readonly FigureRow[]): readonly Column<FigureRow>[];
    readonly nothing: string;
  },
): Promise<void> {
  const { stdout, env } = context.process;
  const { last, json } = flags;
  const { query, limit, select = (all: readonly FigureRow[]) => all, columns, nothing } = question;
  const figures = await source.figures({ ...query, last });
  const selected = select(figures.rows);
  const rows = selected.slice(0, limit);
  const truncated = figures.truncated || selected.length > rows.length;
  if (json) {
    const shown = {
      ...sourceJson(source, last),
      percentiles: query.percentiles,
      rows: rows.map(({ of, ...counts }) => ({ ...of, ...counts })),
      truncated,
    };
    await writeText(stdout, jsonLine(shown));
    return;
  }
  stdout.write(describeSource(source, last));
  await writeText(
    stdout,
    rows.length === 0 ? `${nothing}\n` : formatTable(columns(rows), rows, styleFor(stdout, env)),
  );
  stdout.write(truncated && rows.length > 0 ? "There are more: raise --limit, or ask for --json.\n" : "");
}

/** The largest first. */
export function largestFirst(value: (row: FigureRow) => number) {
  return (rows: readonly FigureRow[]): readonly FigureRow[] =>
    rows.toSorted((one, other) => value(other) - value(one));
}
