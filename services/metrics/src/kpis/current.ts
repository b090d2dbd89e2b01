import type { Database } from "../database/database.ts";
import {
  TIME_WINDOW_MS,
  TIME_WINDOWS,
  type CurrentKpis,
  type CurrentKpiSource,
  type TimeWindow,
} from "../domain/kpis.ts";
import { SCORE_SUMS, toSummary, type ScoreRow } from "./query.ts";

interface Row extends ScoreRow {
  readonly users: readonly number[];
  readonly events: number;
}

// One statement, and so one moment. Times are whole milliseconds: a window without its begin is one that begins a millisecond later.
const CURRENT = `
WITH edges AS (SELECT to_timestamp(($2::bigint + 1) / 1000.0) AS until)
SELECT
  ARRAY(
    SELECT (
      SELECT count(DISTINCT a.user_id)::float8
      FROM metrics.activity_between($1, until - make_interval(secs => w.ms / 1000.0), until, true) a
    ) FROM unnest($3::bigint[]) WITH ORDINALITY AS w(ms, at), edges ORDER BY w.at
  ) AS users,
  (
    SELECT count(*)::float8 FROM metrics.activity_events e, edges
    WHERE e.tenant_id = $1 AND e.occurred_at >= until - interval '1 hour' AND e.occurred_at < until
  ) AS events,
  s.*
FROM (
  SELECT ${SCORE_SUMS} FROM edges, metrics.scores_between($1, until - interval '1 hour', until, true)
) AS s`;

/** How a tenant stands now. Times are those of this process: senders' clocks may be ahead, and their events count when their time has come. */
export function createCurrentKpis(
  database: Pick<Database, "asTenant">,
  now: () => number = Date.now,
): CurrentKpiSource {
  return {
    async current(tenant) {
      const asOf = now();
      const { rows } = await database.asTenant("kpis", tenant, (tx) =>
        tx.query<Row>(CURRENT, [tenant, asOf, TIME_WINDOWS.map((window) => TIME_WINDOW_MS[window])]),
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
    scores: toSummary(row),
  };
}
