import { queryDatabase } from "@sark/testkit";
import { expect } from "vitest";
import type { createMetricsDatabase } from "../../testing/database.ts";

type Opened = Pick<Awaited<ReturnType<typeof createMetricsDatabase>>, "url" | "database">;

/** What roll-ups and queries have to say: plain SQL over copies of all events that were ever inserted, which no retention deletes. */
export interface PlainCounts {
  /** Events of a person that are erased count no more. */
  erased(tenant: string, user: string): Promise<void>;
  /** Roll-ups by hours and days, of activity and scores, are those of the events. */
  expectRolledUp(tenant: string): Promise<void>;
  /** A query over any span has what the events count, also where roll-ups lag behind. */
  expectSameInSpan(tenant: string, from: Date, to: Date, byDay: boolean): Promise<void>;
}

const COPIES = `
CREATE SCHEMA plain;
CREATE TABLE plain.activity_events AS SELECT tenant_id, user_id, occurred_at FROM metrics.activity_events;
CREATE TABLE plain.productivity_scores AS
  SELECT tenant_id, user_id, user_role, team, score, occurred_at FROM metrics.productivity_scores;
CREATE FUNCTION plain.copy_activity() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
  INSERT INTO plain.activity_events VALUES (new.tenant_id, new.user_id, new.occurred_at);
  RETURN NULL;
END $$;
CREATE FUNCTION plain.copy_score() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
  INSERT INTO plain.productivity_scores
  VALUES (new.tenant_id, new.user_id, new.user_role, new.team, new.score, new.occurred_at);
  RETURN NULL;
END $$;
CREATE TRIGGER copied AFTER INSERT ON metrics.activity_events FOR EACH ROW EXECUTE FUNCTION plain.copy_activity();
CREATE TRIGGER copied AFTER INSERT ON metrics.productivity_scores FOR EACH ROW EXECUTE FUNCTION plain.copy_score();`;

const BOUNDS = [-1, 10, 25, 50, 75, 90, 95, 99, 100];
const CLASSES = BOUNDS.slice(1).map(
  (high, at) => `count(*) FILTER (WHERE score > ${BOUNDS[at] ?? 0} AND score <= ${high})::int AS to_${high}`,
);
const SUMMED = `sum(scores)::int AS n, sum(total)::text AS total,
  ${BOUNDS.slice(1)
    .map((high) => `sum(to_${high})::int AS to_${high}`)
    .join(", ")}`;
const COUNTED = `count(*)::int AS n, sum(score::numeric)::text AS total, ${CLASSES.join(", ")}`;

/** By tenant (`$1`): of roll-ups, and of the events. */
const ROLLED_UP = (["hour", "day"] as const).flatMap((unit) => [
  {
    rolled: `SELECT ${unit} AS at, user_id, sum(events)::int AS n FROM metrics.activity_${unit}s
      WHERE tenant_id = $1 GROUP BY 1, 2 ORDER BY 1, 2`,
    plain: `SELECT date_trunc('${unit}', occurred_at, 'UTC') AS at, user_id, count(*)::int AS n FROM plain.activity_events
      WHERE tenant_id = $1 GROUP BY 1, 2 ORDER BY 1, 2`,
  },
  {
    rolled: `SELECT ${unit} AS at, user_id, user_role, team, ${SUMMED} FROM metrics.score_${unit}s
      WHERE tenant_id = $1 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
    plain: `SELECT date_trunc('${unit}', occurred_at, 'UTC') AS at, user_id, user_role, team, ${COUNTED}
      FROM plain.productivity_scores WHERE tenant_id = $1 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
  },
  {
    rolled: `SELECT start_at AS at, sum(events)::int AS n, count(*) > 1 OR min(users) = (
        SELECT count(DISTINCT user_id) FROM plain.activity_events
        WHERE tenant_id = $1 AND date_trunc('${unit}', occurred_at, 'UTC') = start_at
      ) AS has_users
      FROM metrics.activity_totals WHERE tenant_id = $1 AND unit = '${unit}' GROUP BY 1 ORDER BY 1`,
    plain: `SELECT date_trunc('${unit}', occurred_at, 'UTC') AS at, count(*)::int AS n, true AS has_users
      FROM plain.activity_events WHERE tenant_id = $1 GROUP BY 1 ORDER BY 1`,
  },
  {
    rolled: `SELECT start_at AS at, user_role, team, ${SUMMED} FROM metrics.score_totals
      WHERE tenant_id = $1 AND unit = '${unit}' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    plain: `SELECT date_trunc('${unit}', occurred_at, 'UTC') AS at, user_role, team, ${COUNTED}
      FROM plain.productivity_scores WHERE tenant_id = $1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
  },
]);

/** By tenant, begin, end, and whether by days. */
const IN_SPAN = [
  {
    asked: `SELECT user_id, sum(events)::int AS n FROM metrics.activity_between($1, $2, $3, $4) GROUP BY 1 ORDER BY 1`,
    plain: `SELECT user_id, count(*)::int AS n FROM plain.activity_events
      WHERE tenant_id = $1 AND occurred_at >= $2 AND occurred_at < $3 GROUP BY 1 ORDER BY 1`,
  },
  {
    asked: `SELECT user_id, user_role, team, ${SUMMED} FROM metrics.scores_between($1, $2, $3, $4)
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    plain: `SELECT user_id, user_role, team, ${COUNTED} FROM plain.productivity_scores
      WHERE tenant_id = $1 AND occurred_at >= $2 AND occurred_at < $3 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
  },
  {
    asked: `SELECT user_role, team, ${SUMMED} FROM metrics.score_sums_between($1, $2, $3, $4)
      GROUP BY 1, 2 ORDER BY 1, 2`,
    plain: `SELECT user_role, team, ${COUNTED} FROM plain.productivity_scores
      WHERE tenant_id = $1 AND occurred_at >= $2 AND occurred_at < $3 GROUP BY 1, 2 ORDER BY 1, 2`,
  },
  {
    asked: `SELECT start_at, users::int, events::int AS n
      FROM metrics.activity_trend($1, $2, $3, CASE WHEN $4::boolean THEN 'day' ELSE 'hour' END) ORDER BY 1`,
    plain: `SELECT date_trunc(CASE WHEN $4::boolean THEN 'day' ELSE 'hour' END, occurred_at, 'UTC') AS start_at,
        count(DISTINCT user_id)::int AS users, count(*)::int AS n
      FROM plain.activity_events WHERE tenant_id = $1 AND occurred_at >= $2 AND occurred_at < $3 GROUP BY 1 ORDER BY 1`,
  },
  {
    asked: `SELECT user_id, sum(events)::int AS n
      FROM metrics.activity_between($1, $2, metrics.end_of_span($1, 'activity', $3), $4) GROUP BY 1 ORDER BY 1`,
    plain: `SELECT user_id, count(*)::int AS n FROM plain.activity_events
      WHERE tenant_id = $1 AND occurred_at >= $2 AND occurred_at < $3 GROUP BY 1 ORDER BY 1`,
  },
  {
    asked: `SELECT user_id, sum(scores)::int AS n
      FROM metrics.scores_between($1, $2, metrics.end_of_span($1, 'score', $3), $4) GROUP BY 1 ORDER BY 1`,
    plain: `SELECT user_id, count(*)::int AS n FROM plain.productivity_scores
      WHERE tenant_id = $1 AND occurred_at >= $2 AND occurred_at < $3 GROUP BY 1 ORDER BY 1`,
  },
];

export async function createPlainCounts({ url, database }: Opened): Promise<PlainCounts> {
  await queryDatabase(url, COPIES);
  return {
    async erased(tenant, user) {
      for (const table of ["activity_events", "productivity_scores"]) {
        await queryDatabase(url, `DELETE FROM plain.${table} WHERE tenant_id = $1 AND user_id = $2`, [
          tenant,
          user,
        ]);
      }
    },
    async expectRolledUp(tenant) {
      for (const { rolled, plain } of ROLLED_UP) {
        expect(await queryDatabase(url, rolled, [tenant])).toEqual(await queryDatabase(url, plain, [tenant]));
      }
    },
    async expectSameInSpan(tenant, from, to, byDay) {
      for (const { asked, plain } of IN_SPAN) {
        const said = await database.asTenant("kpis", tenant, (tx) =>
          tx.query(asked, [tenant, from, to, byDay]),
        );
        expect(said.rows).toEqual(
          await queryDatabase(url, plain, [tenant, from, to, ...(plain.includes("$4") ? [byDay] : [])]),
        );
      }
    },
  };
}
