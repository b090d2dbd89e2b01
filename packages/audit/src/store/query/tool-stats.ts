import type { Queryable } from "../../postgres/queryable.ts";
import { COUNTS, countsOf, type CallCounts, type CountRow } from "./call-counts.ts";

/** What is asked for; times are Unix milliseconds, `to` is exclusive. */
export interface ToolStatsQuery {
  readonly from: number;
  readonly to: number;
  readonly server?: string;
  readonly tool?: string;
  /** Only what is of this tenant. */
  readonly tenant?: string;
  /** Tools, those with the most calls first. */
  readonly limit: number;
}

/** Calls of tools, and how long those took that ended. */
export interface TimedCounts extends CallCounts {
  /** Milliseconds of calls that ended; `null` where none did. */
  readonly durations: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  } | null;
}

/** What became of the calls of one tool. */
export interface ToolStats extends TimedCounts {
  readonly server: string | null;
  readonly tool: string;
}

/** The tools that were called most, and the sum of all. */
export interface ToolStatsPage {
  readonly tools: readonly ToolStats[];
  /** Of all tools, shown or not, and of refusals that name none. */
  readonly total: TimedCounts;
  readonly truncated: boolean;
}

interface Row extends CountRow {
  readonly is_total: number;
  readonly server_name: string | null;
  readonly tool_name: string | null;
  readonly percentiles: number[] | null;
  readonly longest: number | null;
}

/** Percentiles that occurred. */
const DURATIONS = `
  percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE phase = 'outcome') AS percentiles,
  max(duration_ms) FILTER (WHERE phase = 'outcome') AS longest`;

/** Calls of tools within a time, by tool. */
export async function readToolStats(client: Queryable, query: ToolStatsQuery): Promise<ToolStatsPage> {
  const { from, to, server, tool, tenant, limit } = query;
  const values: unknown[] = [new Date(from).toISOString(), new Date(to).toISOString()];
  const conditions = Object.entries({ server_name: server, tool_name: tool, tenant_id: tenant })
    .filter(([, value]) => value !== undefined)
    .map(([column, value]) => `AND ${column} = $${values.push(value)}`);
  const { rows } = await client.query<Row>(
    `SELECT grouping(tool_name) AS is_total, server_name, tool_name, ${COUNTS}, ${DURATIONS}
     FROM gateway_audit_events
     WHERE event_type = 'tool_invoke' AND "timestamp" >= $1 AND "timestamp" < $2 ${conditions.join(" ")}
     GROUP BY GROUPING SETS ((server_name, tool_name), ())
     HAVING grouping(tool_name) = 1 OR tool_name IS NOT NULL
     ORDER BY is_total DESC, permitted DESC, denied DESC, tool_name, server_name
     LIMIT ${limit + 2}`,
    values,
  );
  const [total, ...tools] = rows;
  if (total === undefined) {
    throw new Error("the sum of no rows is a row");
  }
  return {
    tools: tools.slice(0, limit).map((row) => ({
      server: row.server_name,
      tool: row.tool_name ?? "",
      ...countsOf(row),
      durations: durationsOf(row),
    })),
    total: { ...countsOf(total), durations: durationsOf(total) },
    truncated: tools.length > limit,
  };
}

function durationsOf({ percentiles, longest }: Row): ToolStats["durations"] {
  const [p50, p95, p99] = percentiles ?? [];
  return p50 === undefined || p95 === undefined || p99 === undefined || longest === null
    ? null
    : { p50, p95, p99, max: longest };
}
