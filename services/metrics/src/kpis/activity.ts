import { DAY_MS, type PageRequest, type Span, type TenantDatabase } from "./query.ts";

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

const INTERVAL_MS = { hour: 3_600_000, day: DAY_MS };

export function createActivityQueries(database: TenantDatabase): ActivityQueries {
  return {
    async trend(tenant, { from, to }, interval, { after, limit }) {
      // Points are whole: the next page begins with the interval after the last one.
      const start = after === null ? from : after + INTERVAL_MS[interval];
      if (start >= to) {
        return [];
      }
      const { rows } = await database.asTenant("kpis", tenant, (tx) =>
        tx.query<{ start_at: Date; users: number; events: number }>(
          `SELECT date_trunc($5, start_at, 'UTC') AS start_at, count(DISTINCT user_id)::float8 AS users, sum(events)::float8 AS events
           FROM metrics.activity_between($1, $2, $3, $5 = 'day') GROUP BY 1 ORDER BY 1 LIMIT $4`,
          [tenant, new Date(start), new Date(to), limit, interval],
        ),
      );
      return rows.map(({ start_at, users, events }) => ({ start: start_at.getTime(), users, events }));
    },
    async total(tenant, { from, to }) {
      const { rows } = await database.asTenant("kpis", tenant, (tx) =>
        tx.query<{ users: number; events: number }>(
          `SELECT count(DISTINCT user_id)::float8 AS users, coalesce(sum(events), 0)::float8 AS events
           FROM metrics.activity_between($1, $2, $3, true)`,
          [tenant, new Date(from), new Date(to)],
        ),
      );
      return rows[0] ?? { users: 0, events: 0 };
    },
  };
}
