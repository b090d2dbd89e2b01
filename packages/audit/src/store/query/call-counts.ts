/** How calls ended; `permitted` is more than the rest by those that still run, or whose end is not recorded. */
export interface CallCounts {
  /** Calls that were let through. */
  readonly permitted: number;
  readonly denied: number;
  readonly rateLimited: number;
  readonly ok: number;
  /** The tool, the protocol, the server or its silence. */
  readonly failed: number;
  readonly cancelled: number;
  readonly inputRequired: number;
  /** Decisions for enforcement points elsewhere, and what these report. */
  readonly elsewhere: number;
}

/** What `COUNTS` selects: PostgreSQL's counts are text. */
export type CountRow = Readonly<
  Record<
    "permitted" | "denied" | "rate_limited" | "ok" | "failed" | "cancelled" | "input_required" | "elsewhere",
    string
  >
>;

/** One record may stand for several refusals of the same kind (`repeated`). */
export const COUNTS = `
  count(*) FILTER (WHERE phase = 'intent') AS permitted,
  count(*) FILTER (WHERE phase = 'decision' AND decision = 'deny' AND outcome IS DISTINCT FROM 'rate_limited') AS denied,
  coalesce(sum(CASE WHEN metadata->>'repeated' ~ '^[0-9]{1,9}$' THEN (metadata->>'repeated')::bigint ELSE 1 END)
    FILTER (WHERE outcome = 'rate_limited'), 0) AS rate_limited,
  count(*) FILTER (WHERE phase = 'outcome' AND outcome = 'ok') AS ok,
  count(*) FILTER (WHERE phase = 'outcome' AND outcome IN ('tool_error', 'protocol_error', 'upstream_error', 'timeout')) AS failed,
  count(*) FILTER (WHERE phase = 'outcome' AND outcome = 'cancelled') AS cancelled,
  count(*) FILTER (WHERE phase = 'outcome' AND outcome = 'input_required') AS input_required,
  count(*) FILTER (WHERE phase = 'decision' AND decision = 'allow') AS elsewhere`;

export function countsOf(row: CountRow): CallCounts {
  return {
    permitted: Number(row.permitted),
    denied: Number(row.denied),
    rateLimited: Number(row.rate_limited),
    ok: Number(row.ok),
    failed: Number(row.failed),
    cancelled: Number(row.cancelled),
    inputRequired: Number(row.input_required),
    elsewhere: Number(row.elsewhere),
  };
}
