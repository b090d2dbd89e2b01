import type { CallSummary, SummaryRow } from "@sark/audit/store";
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
    rows: rows.map((row) => ({ ...row.of, ...showCounts(row, wanted) })),
    total: showCounts(total, wanted),
    truncated,
  };
}

function showCounts(row: SummaryRow, percentiles: readonly number[]) {
  return {
    permitted: row.permitted,
    denied: row.denied,
    rate_limited: row.rateLimited,
    ok: row.ok,
    failed: row.failed,
    cancelled: row.cancelled,
    input_required: row.inputRequired,
    elsewhere: row.elsewhere,
    durations: row.durations && {
      percentiles: row.durations.percentiles.map((ms, at) => ({ percentile: percentiles[at] ?? 0, ms })),
      max_ms: row.durations.max,
    },
  };
}
