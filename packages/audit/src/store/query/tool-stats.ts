import type { Queryable } from "../../postgres/queryable.ts";

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
  /** Milliseconds of calls that ended; `null` where none did. */
  readonly durations: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  } | null;
}

/** What became of the calls of one tool. */
export interface ToolStats extends CallCounts {
  readonly server: string | null;
  readonly tool: string;
}

/** The tools that were called most, and the sum of all. */
export interface ToolStatsPage {
  readonly tools: readonly ToolStats[];
  /** Of all tools, shown or not, and of refusals that name none. */
  readonly total: CallCounts;
  readonly truncated: boolean;
}

interface Row {
  readonly is_total: number;
  readonly server_name: string | null;
  readonly tool_name: string | null;
  readonly permitted: string;
  readonly denied: string;
  readonly rate_limited: string;
  readonly ok: string;
  readonly failed: string;
  readonly cancelled: string;
  readonly input_required: string;
  readonly elsewhere: string;
  readonly percentiles: number[] | null;
  readonly longest: number | null;
}

/** Counts, and percentiles that occurred. One record may stand for several refusals of the same kind (`repeated`). */
const COUNTS = `
  count(*) FILTER (WHERE phase = 'intent') AS permitted,
  count(*) FILTER (WHERE phase = 'decision' AND decision = 'deny' AND outcome IS DISTINCT FROM 'rate_limited') AS denied,
  coalesce(sum(CASE WHEN metadata->>'repeated' ~ '^[0-9]{1,9}$' THEN (metadata->>'repeated')::bigint ELSE 1 END)
    FILTER (WHERE outcome = 'rate_limited'), 0) AS rate_limited,
  count(*) FILTER (WHERE phase = 'outcome' AND outcome = 'ok') AS ok,
  count(*) FILTER (WHERE phase = 'outcome' AND outcome IN ('tool_error', 'protocol_error', 'upstream_error', 'timeout')) AS failed,
  count(*) FILTER (WHERE phase = 'outcome' AND outcome = 'cancelled') AS cancelled,
  count(*) FILTER (WHERE phase = 'outcome' AND outcome = 'input_required') AS input_required,
  count(*) FILTER (WHERE phase = 'decision' AND decision = 'allow') AS elsewhere,
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
    `SELECT grouping(tool_name) AS is_total, server_name, tool_name, ${COUNTS}
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
    tools: tools
      .slice(0, limit)
      .map((row) => ({ server: row.server_name, tool: row.tool_name ?? "", ...countsOf(row) })),
    total: countsOf(total),
    truncated: tools.length > limit,
  };
}

function countsOf(row: Row): CallCounts {
  const [p50, p95, p99] = row.percentiles ?? [];
  return {
    permitted: Number(row.permitted),
    denied: Number(row.denied),
    rateLimited: Number(row.rate_limited),
    ok: Number(row.ok),
    failed: Number(row.failed),
    cancelled: Number(row.cancelled),
    inputRequired: Number(row.input_required),
    elsewhere: Number(row.elsewhere),
    durations:
      p50 === undefined || p95 === undefined || p99 === undefined || row.longest === null
        ? null
        : { p50, p95, p99, max: row.longest },
  };
}
