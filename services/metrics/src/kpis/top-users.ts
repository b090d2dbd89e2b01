import type { PageRequest, ScoreFilter, Span, TenantDatabase } from "./query.ts";

/** A user with what it is ordered by: events, or the mean of its scores to six places. */
export interface RankedUser {
  readonly user: string;
  /** As text, exactly, for the position of a page. */
  readonly exact: string;
  readonly value: number;
  /** Events, or scores, that it is made of. */
  readonly count: number;
}

export interface TopUserQueries {
  /** The highest first; users of the same value by their ids. */
  top(
    tenant: string,
    query: { readonly span: Span; readonly by: "events" | "score"; readonly filter: ScoreFilter },
    page: PageRequest<readonly [value: string, user: string]>,
  ): Promise<readonly RankedUser[]>;
}

const SOURCES = {
  // Activity has no role and no team of its own: those that the user has now.
  events: `SELECT a.user_id, sum(a.events)::numeric AS value, sum(a.events)::float8 AS count
    FROM metrics.activity_between($1, $2, metrics.end_of_span($1, 'activity', $3), true) a
    LEFT JOIN metrics.users u ON u.tenant_id = $1 AND u.user_id = a.user_id
    WHERE ($4::text IS NULL OR u.user_role = $4) AND ($5::text IS NULL OR u.team = $5) GROUP BY 1`,
  score: `SELECT user_id, round(sum(total) / sum(scores), 6) AS value, sum(scores)::float8 AS count
    FROM metrics.scores_between($1, $2, metrics.end_of_span($1, 'score', $3), true)
    WHERE ($4::text IS NULL OR user_role = $4) AND ($5::text IS NULL OR team = $5) GROUP BY 1`,
} as const;

export function createTopUserQueries(database: TenantDatabase): TopUserQueries {
  return {
    async top(tenant, { span, by, filter }, { after, limit }) {
      const { rows } = await database.asTenant("kpis", tenant, (tx) =>
        tx.query<{ user_id: string; exact: string; value: number; count: number }>(
          `SELECT user_id, value::text AS exact, value::float8 AS value, count FROM (${SOURCES[by]}) AS ranked
           WHERE $6::numeric IS NULL OR value < $6 OR (value = $6 AND user_id COLLATE "C" > $7::text)
           ORDER BY ranked.value DESC, user_id COLLATE "C" LIMIT $8`,
          [
            tenant,
            new Date(span.from),
            new Date(span.to),
            filter.role,
            filter.team,
            after?.[0] ?? null,
            after?.[1] ?? null,
            limit,
          ],
        ),
      );
      return rows.map(({ user_id, ...row }) => ({ user: user_id, ...row }));
    },
  };
}
