import type { FigureRow } from "../figures/figures.ts";
import type { Report, ReportSection } from "./make-report.ts";

const COUNTS = ["permitted", "denied", "ok", "failed"] as const;

/** The columns of a section, and of each row the texts and numbers below them; `null` for what the source does not tell. */
export function cellsOf(
  { percentiles }: Report,
  { names, rows }: ReportSection,
): { readonly titles: readonly string[]; readonly cells: readonly (readonly (string | number | null)[])[] } {
  const timed = rows.some(({ durations_ms: durations }) => durations !== null);
  const durations = timed ? percentiles.map((percentile) => `p${percentile}_ms`) : [];
  return {
    titles: [...names, ...COUNTS, ...durations],
    cells: rows.map((row: FigureRow) => [
      ...names.map((name) => row.of[name] ?? ""),
      ...COUNTS.map((name) => row[name]),
      ...durations.map((_, at) => rounded(row.durations_ms?.[at])),
    ]),
  };
}

function rounded(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : Math.round(milliseconds * 10) / 10;
}
