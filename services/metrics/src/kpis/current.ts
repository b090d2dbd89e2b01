import type { Database } from "../database/database.ts";
import { TIME_WINDOWS, type CurrentKpis, type CurrentKpiSource, type TimeWindow } from "../domain/kpis.ts";
import { ACTIVE_USERS } from "./active-users.ts";
import { CURRENT_SCORES } from "./current-scores.ts";
import { SCORE_SUMS, toSummary, type ScoreRow } from "./query.ts";

interface Row extends ScoreRow {
  /** By windows, as `TIME_WINDOWS` has them. */
  readonly users: readonly number[];
  readonly events: number;
}

// One statement, and so one moment.
const CURRENT = `WITH ${ACTIVE_USERS}
SELECT active.users, active.events, s.*
FROM active, (
  SELECT ${SCORE_SUMS} FROM (${CURRENT_SCORES}) AS of_hours
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
        tx.query<Row>(CURRENT, [tenant, asOf]),
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
