import type { Database } from "../database/database.ts";
import {
  SCORE_BOUNDS,
  TIME_WINDOW_MS,
  TIME_WINDOWS,
  type CurrentKpis,
  type CurrentKpiSource,
  type TimeWindow,
} from "../domain/kpis.ts";

interface Row extends Record<string, unknown> {
  readonly users: readonly number[];
  readonly events: number;
  readonly scores: number;
  readonly mean: number | null;
  readonly classes: readonly number[];
}

// One statement, and so one moment. Counts stay below 2^53 by far; `bigint` would come as text.
const CURRENT = `
WITH active AS (
  SELECT user_id, max(occurred_at) AS last_at
  FROM metrics.activity_events
  WHERE tenant_id = $1 AND occurred_at > to_timestamp($2::bigint / 1000.0) - interval '7 days'
    AND occurred_at <= to_timestamp($2::bigint / 1000.0)
  GROUP BY user_id
), recent AS (
  SELECT score::numeric AS score
  FROM metrics.productivity_scores
  WHERE tenant_id = $1 AND occurred_at > to_timestamp($2::bigint / 1000.0) - interval '1 hour'
    AND occurred_at <= to_timestamp($2::bigint / 1000.0)
)
SELECT
  ARRAY(
    SELECT count(a.user_id)::float8 FROM unnest($3::bigint[]) WITH ORDINALITY AS w(ms, at)
    LEFT JOIN active a ON a.last_at > to_timestamp(($2::bigint - w.ms) / 1000.0)
    GROUP BY w.at ORDER BY w.at
  ) AS users,
  (
    SELECT count(*)::float8 FROM metrics.activity_events
    WHERE tenant_id = $1 AND occurred_at > to_timestamp($2::bigint / 1000.0) - interval '1 hour'
      AND occurred_at <= to_timestamp($2::bigint / 1000.0)
  ) AS events,
  (SELECT count(*)::float8 FROM recent) AS scores,
  (SELECT avg(score)::float8 FROM recent) AS mean,
  ARRAY(
    SELECT count(r.score)::float8 FROM unnest($4::numeric[]) WITH ORDINALITY AS c(bound, at)
    LEFT JOIN recent r ON r.score <= c.bound AND (c.at = 1 OR r.score > ($4::numeric[])[c.at - 1])
    GROUP BY c.at ORDER BY c.at
  ) AS classes`;

/** How a tenant stands now. Times are those of this process: senders' clocks may be ahead, and their events count when their time has come. */
export function createCurrentKpis(
  database: Pick<Database, "asTenant">,
  now: () => number = Date.now,
): CurrentKpiSource {
  return {
    async current(tenant) {
      const asOf = now();
      const { rows } = await database.asTenant("kpis", tenant, (tx) =>
        tx.query<Row>(CURRENT, [
          tenant,
          asOf,
          TIME_WINDOWS.map((window) => TIME_WINDOW_MS[window]),
          SCORE_BOUNDS,
        ]),
      );
      return toCurrent(tenant, asOf, rows[0]);
    },
  };
}

function toCurrent(tenant: string, asOf: number, row: Row | undefined): CurrentKpis {
  if (row === undefined) {
    throw new Error("the database gave no row for counts");
  }
  const users = Object.fromEntries(TIME_WINDOWS.map((window, at) => [window, row.users[at] ?? 0]));
  return {
    tenant,
    asOf,
    activeUsers: users as Record<TimeWindow, number>,
    events: row.events,
    scores: { count: row.scores, mean: row.mean, classes: row.classes },
  };
}
