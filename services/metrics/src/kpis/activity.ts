import { inStretches } from "./in-stretches.ts";
import { INTERVAL_MS, type PageRequest, type Span, type TenantDatabase } from "./query.ts";

/** Activity of one hour or day, which begins at `start` (Unix milliseconds). */
export interface ActivityPoint {
  readonly start: number;
  readonly users: number;
  readonly events: number;
}

/** How active a tenant's users are. */
export interface ActivityQueries {
  /** Hours or days in which there is activity, by time. */
  trend(
    tenant: string,
    span: Span,
    interval: "hour" | "day",
    page: PageRequest<number>,
  ): Promise<readonly ActivityPoint[]>;
  total(tenant: string, span: Span): Promise<Omit<ActivityPoint, "start">>;
}

const TREND = `SELECT start_at, users::float8 AS users, events::float8 AS events FROM metrics.activity_trend($1, $2, $3, $5)
ORDER BY 1 LIMIT $4`;
// Users are told apart by a grouping: `count(DISTINCT …)` sorts all rows, on disk where they are many.
const TOTAL = `SELECT count(*)::float8 AS users, coalesce(sum(events), 0)::float8 AS events FROM (
  SELECT sum(events) AS events FROM metrics.activity_between($1, $2, metrics.end_of_span($1, 'activity', $3), true) GROUP BY user_id
) AS by_user`;

export function createActivityQueries(database: TenantDatabase): ActivityQueries {
  return {
    async trend(tenant, { from, to }, interval, { after, limit }) {
      // Points are whole: the next page begins with the interval after the last one.
      const rest = { from: after === null ? from : after + INTERVAL_MS[interval], to };
      return database.asTenant("kpis", tenant, (tx) =>
        inStretches(rest, INTERVAL_MS[interval], limit, async (stretch, most) => {
          const { rows } = await tx.query<{ start_at: Date; users: number; events: number }>(TREND, [
            tenant,
            new Date(stretch.from),
            new Date(stretch.to),
            most,
            interval,
          ]);
          return rows.map(({ start_at, users, events }) => ({ start: start_at.getTime(), users, events }));
        }),
      );
    },
    async total(tenant, { from, to }) {
      const { rows } = await database.asTenant("kpis", tenant, (tx) =>
        tx.query<{ users: number; events: number }>(TOTAL, [tenant, new Date(from), new Date(to)]),
      );
      return rows[0] ?? { users: 0, events: 0 };
    },
  };
}
