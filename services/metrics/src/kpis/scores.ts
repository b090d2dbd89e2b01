import type { ScoreSummary } from "../domain/kpis.ts";
import { inStretches } from "./in-stretches.ts";
import {
  INTERVAL_MS,
  NO_SCORES,
  SCORE_SUMS,
  toSummary,
  type Grouping,
  type PageRequest,
  type ScoreFilter,
  type ScoreRow,
  type Span,
  type TenantDatabase,
} from "./query.ts";

/** Scores of one group; `null`: of those that have no role or team, or of all where there is no grouping. */
export interface ScoreGroup extends ScoreSummary {
  readonly group: string | null;
}

export interface ScorePoint extends ScoreGroup {
  /** Unix milliseconds. */
  readonly start: number;
}

/** The same group in two spans. */
export interface ScoreComparison {
  readonly group: string | null;
  readonly current: ScoreSummary;
  readonly baseline: ScoreSummary;
}

/** Positions of pages are the values of the last row; `""` stands for no group. */
export interface ScoreQueries {
  distribution(tenant: string, query: ScoreQuery, page: PageRequest<string>): Promise<readonly ScoreGroup[]>;
  trend(
    tenant: string,
    query: ScoreQuery & { readonly interval: "hour" | "day" },
    page: PageRequest<readonly [start: number, group: string]>,
  ): Promise<readonly ScorePoint[]>;
  compare(
    tenant: string,
    query: ScoreQuery & { readonly baseline: Span },
    page: PageRequest<string>,
  ): Promise<readonly ScoreComparison[]>;
}

export interface ScoreQuery {
  readonly span: Span;
  readonly groupBy: Grouping | null;
  readonly filter: ScoreFilter;
}

const GROUPS = {
  role: `coalesce(user_role, '') COLLATE "C"`,
  team: `coalesce(team, '') COLLATE "C"`,
  none: `''::text`,
} as const;
const groupOf = ({ groupBy }: ScoreQuery) => GROUPS[groupBy ?? "none"];
const OF_FILTER = "($4::text IS NULL OR user_role = $4) AND ($5::text IS NULL OR team = $5)";

export function createScoreQueries(database: TenantDatabase): ScoreQueries {
  const values = (tenant: string, { span, filter }: ScoreQuery) => [
    tenant,
    new Date(span.from),
    new Date(span.to),
    filter.role,
    filter.team,
  ];
  const name = (group: string) => (group === "" ? null : group);

  return {
    async distribution(tenant, query, { after, limit }) {
      const { rows } = await database.asTenant("kpis", tenant, (tx) =>
        tx.query<ScoreRow & { group: string }>(
          `SELECT ${groupOf(query)} AS "group", ${SCORE_SUMS}
           FROM metrics.score_sums_between($1, $2, $3, true)
           WHERE ${OF_FILTER} AND ($6::text IS NULL OR ${groupOf(query)} > $6)
           GROUP BY 1 ORDER BY 1 LIMIT $7`,
          [...values(tenant, query), after, limit],
        ),
      );
      return rows.map((row) => ({ group: name(row.group), ...toSummary(row) }));
    },
    async trend(tenant, query, { after, limit }) {
      const { from, to } = query.span;
      const rest = { from: Math.max(from, after?.[0] ?? from), to };
      return database.asTenant("kpis", tenant, (tx) =>
        inStretches(rest, INTERVAL_MS[query.interval], limit, async (stretch, most) => {
          const { rows } = await tx.query<ScoreRow & { group: string; start_at: Date }>(
            `SELECT date_trunc($8, start_at, 'UTC') AS start_at, ${groupOf(query)} AS "group", ${SCORE_SUMS}
             FROM metrics.score_sums_between($1, $2, $3, $8 = 'day')
             WHERE ${OF_FILTER}
               AND ($6::timestamptz IS NULL OR (date_trunc($8, start_at, 'UTC'), ${groupOf(query)}) > ($6, $7::text))
             GROUP BY 1, 2 ORDER BY 1, 2 LIMIT $9`,
            [
              ...values(tenant, { ...query, span: stretch }),
              after === null ? null : new Date(after[0]),
              after?.[1] ?? null,
              query.interval,
              most,
            ],
          );
          return rows.map((row) => ({
            start: row.start_at.getTime(),
            group: name(row.group),
            ...toSummary(row),
          }));
        }),
      );
    },
    async compare(tenant, query, { after, limit }) {
      const { baseline } = query;
      const { rows } = await database.asTenant("kpis", tenant, (tx) =>
        tx.query<ScoreRow & { group: string; is_current: boolean }>(
          `WITH both_spans AS MATERIALIZED (
             SELECT true AS is_current, ${groupOf(query)} AS "group", s.* FROM metrics.score_sums_between($1, $2, $3, true) s
             UNION ALL
             SELECT false, ${groupOf(query)}, s.* FROM metrics.score_sums_between($1, $8, $9, true) s
           ), page AS (
             SELECT DISTINCT "group" FROM both_spans
             WHERE ${OF_FILTER} AND ($6::text IS NULL OR "group" > $6) ORDER BY 1 LIMIT $7
           )
           SELECT is_current, "group", ${SCORE_SUMS} FROM both_spans JOIN page USING ("group")
           WHERE ${OF_FILTER} GROUP BY 1, 2 ORDER BY 2`,
          [...values(tenant, query), after, limit, new Date(baseline.from), new Date(baseline.to)],
        ),
      );
      const of = (group: string, isCurrent: boolean) => {
        const row = rows.find((one) => one.group === group && one.is_current === isCurrent);
        return row === undefined ? NO_SCORES : toSummary(row);
      };
      return [...new Set(rows.map(({ group }) => group))].map((group) => ({
        group: name(group),
        current: of(group, true),
        baseline: of(group, false),
      }));
    },
  };
}
