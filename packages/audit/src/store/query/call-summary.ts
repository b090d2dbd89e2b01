import type { Queryable } from "../../postgres/queryable.ts";
import { COUNTS, countsOf, type CallCounts, type CountRow } from "./call-counts.ts";

/** What calls can be summed up by, and the columns that say it. */
const GROUPS = {
  tool: ["server_name", "tool_name"],
  server: ["server_name"],
  user: ["tenant_id", "user_id", "agent_id"],
  tenant: ["tenant_id"],
  outcome: ["outcome"],
  reason: ["reason"],
} as const;

export type SummaryGroup = keyof typeof GROUPS;
/** What calls can be summed up by. */
export const SUMMARY_GROUPS = Object.keys(GROUPS) as [SummaryGroup, ...SummaryGroup[]];
type Column = (typeof GROUPS)[SummaryGroup][number];

/** What is asked for; times are Unix milliseconds, `to` is exclusive. */
export interface SummaryQuery {
  readonly by: SummaryGroup;
  readonly from: number;
  readonly to: number;
  /** Above 0 and below 100, ascending; of durations. */
  readonly percentiles: readonly number[];
  readonly server?: string;
  readonly tool?: string;
  /** Only what is of this tenant. */
  readonly tenant?: string;
  readonly limit: number;
}

/** Calls of tools that have something in common. Columns that they are not summed up by are missing. */
export interface SummaryRow extends CallCounts {
  readonly of: Readonly<Partial<Record<Column, string | null>>>;
  /** Milliseconds of calls that ended, one for each percentile asked for, and the longest; `null` where none ended. */
  readonly durations: { readonly percentiles: readonly number[]; readonly max: number } | null;
}

/** Calls of a time, by what they were summed up by. */
export interface CallSummary {
  /** Those with the most permitted calls first, then those with the most refused ones. */
  readonly rows: readonly SummaryRow[];
  readonly total: SummaryRow;
  readonly truncated: boolean;
}

type Row = CountRow &
  Readonly<Partial<Record<Column, string | null>>> & {
    readonly is_total: number;
    readonly percentiles: number[] | null;
    readonly longest: number | null;
  };

/** Calls of tools within a time, summed up by what they have in common. By tool, what names none is in the sum alone. */
export async function readCallSummary(client: Queryable, query: SummaryQuery): Promise<CallSummary> {
  const { by, from, to, percentiles, server, tool, tenant, limit } = query;
  const columns = GROUPS[by];
  const values: unknown[] = [
    new Date(from).toISOString(),
    new Date(to).toISOString(),
    percentiles.map((percentile) => percentile / 100),
  ];
  const conditions = Object.entries({ server_name: server, tool_name: tool, tenant_id: tenant })
    .filter(([, value]) => value !== undefined)
    .map(([column, value]) => `AND ${column} = $${values.push(value)}`);
  const { rows } = await client.query<Row>(
    `SELECT grouping(${columns[0]}) AS is_total, ${columns.join(", ")}, ${COUNTS},
       percentile_disc($3::float8[]) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE phase = 'outcome') AS percentiles,
       max(duration_ms) FILTER (WHERE phase = 'outcome') AS longest
     FROM gateway_audit_events
     WHERE event_type = 'tool_invoke' AND "timestamp" >= $1 AND "timestamp" < $2 ${conditions.join(" ")}
     GROUP BY GROUPING SETS ((${columns.join(", ")}), ())
     ${by === "tool" ? "HAVING grouping(tool_name) = 1 OR tool_name IS NOT NULL" : ""}
     ORDER BY is_total DESC, permitted DESC, denied DESC, rate_limited DESC, ok DESC, failed DESC, ${columns.join(", ")}
     LIMIT ${limit + 2}`,
    values,
  );
  const [total, ...found] = rows;
  if (total === undefined) {
    throw new Error("the sum of no rows is a row");
  }
  return {
    rows: found.slice(0, limit).map((row) => toSummaryRow(row, columns)),
    total: toSummaryRow(total, []),
    truncated: found.length > limit,
  };
}

function toSummaryRow(row: Row, columns: readonly Column[]): SummaryRow {
  const { percentiles, longest } = row;
  return {
    of: Object.fromEntries(columns.map((column) => [column, row[column] ?? null])),
    ...countsOf(row),
    durations: percentiles === null || longest === null ? null : { percentiles, max: longest },
  };
}
