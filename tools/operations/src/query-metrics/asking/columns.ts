import { bar } from "../../terminal/bars.ts";
import { formatCount } from "../../terminal/style.ts";
import type { Column } from "../../terminal/table.ts";
import type { FigureRow } from "../figures/figures.ts";

type CountName = "permitted" | "denied" | "ok" | "failed";

/** A name that the calls of a row have in common. */
export function nameColumn(title: string, name: string): Column<FigureRow> {
  return { title, value: ({ of }) => of[name] || "-" };
}

/** A number of calls; `-` where the source does not tell. */
export function countColumn(title: string, name: CountName): Column<FigureRow> {
  return {
    title,
    align: "right",
    value: ({ [name]: count }) => (count === null ? "-" : formatCount(count)),
  };
}

/** A part of the calls of a row, in percent. */
export function shareColumn(title: string, part: CountName, whole: CountName): Column<FigureRow> {
  return {
    title,
    align: "right",
    value: (row) => {
      const share = shareOf(row[part], row[whole]);
      return share === null ? "-" : `${(share * 100).toFixed(2)} %`;
    },
  };
}

export function shareOf(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : part / whole;
}

/** One column a percentile, in milliseconds. */
export function durationColumns(percentiles: readonly number[]): Column<FigureRow>[] {
  return percentiles.map((percentile, at) => ({
    title: `P${percentile}`,
    align: "right",
    value: ({ durations_ms: durations }) =>
      durations?.[at] === undefined ? "-" : `${durations[at].toFixed(1)} ms`,
  }));
}

const BAR_WIDTH = 20;

/** Rows beside each other, as bars. */
export function barColumn(rows: readonly FigureRow[], value: (row: FigureRow) => number): Column<FigureRow> {
  const largest = Math.max(0, ...rows.map(value));
  return { title: "", value: (row) => bar(value(row), largest, BAR_WIDTH) };
}
