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

// One statement, and so one moment. Times are whole milliseconds: a window without its begin is one that begins a millisecond later. What lies
// between the begins of two windows is read once, for all of them: counts of the last hours are made from each event.
const CURRENT = `
WITH edges AS (SELECT to_timestamp(($2::bigint + 1) / 1000.0) AS until), windows AS (
  SELECT at, make_interval(secs => ms / 1000.0) AS longest, make_interval(secs => lag(ms, 1, 0::bigint) OVER (ORDER BY at) / 1000.0) AS shorter
  FROM unnest($3::bigint[]) WITH ORDINALITY AS w(ms, at)
), seen AS MATERIALIZED (
  SELECT w.at, a.user_id, sum(a.events) AS events
  FROM windows w, edges, LATERAL metrics.activity_between($1, until - longest, until - shorter, true) a
  GROUP BY 1, 2
)
SELECT
  ARRAY(
    SELECT (SELECT count(DISTINCT user_id)::float8 FROM seen WHERE seen.at <= w.at) FROM windows w ORDER BY w.at
  ) AS users,
  (SELECT coalesce(sum(events), 0)::float8 FROM seen WHERE at = 1) AS events,
  s.*
FROM (
  SELECT ${SCORE_SUMS} FROM edges, metrics.scores_between($1, until - interval '1 hour', until, true)
) AS s`;

const WINDOWS = TIME_WINDOWS.map((window) => TIME_WINDOW_MS[window]);

/** How a tenant stands now. Times are those of this process: senders' clocks may be ahead, and their events count when their time has come. */
export function createCurrentKpis(
  database: Pick<Database, "asTenant">,
  now: () => number = Date.now,
): CurrentKpiSource {
  return {
    async current(tenant) {
      const asOf = now();
      const { rows } = await database.asTenant("kpis", tenant, (tx) =>
        tx.query<Row>(CURRENT, [tenant, asOf, WINDOWS]),
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
