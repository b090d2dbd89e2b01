import type { CallSummary, SummaryRow } from "@sark/audit/store";
import { showCounts } from "../figures/call-counts.ts";
import type { SummaryQuery } from "./parameters.ts";
import type { CallSummaryShown } from "./responses.ts";

export const DEFAULT_PERCENTILES: readonly number[] = [50, 95, 99];

export function showSummary(
  { by, percentiles }: SummaryQuery,
  window: { readonly from: number; readonly to: number },
  { rows, total, truncated }: CallSummary,
): CallSummaryShown {
  const wanted = percentiles ?? DEFAULT_PERCENTILES;
  return {
    from: new Date(window.from).toISOString(),
    to: new Date(window.to).toISOString(),
    by,
    rows: rows.map((row) => ({ ...row.of, ...showRow(row, wanted) })),
    total: showRow(total, wanted),
    truncated,
  };
}

function showRow(row: SummaryRow, percentiles: readonly number[]) {
  return {
    ...showCounts(row),
    durations: row.durations && {
      percentiles: row.durations.percentiles.map((ms, at) => ({ percentile: percentiles[at] ?? 0, ms })),
      max_ms: row.durations.max,
    },
  };
}
