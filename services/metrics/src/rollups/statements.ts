import type { EventKind } from "../domain/ingest.ts";

/** Statements that bring the roll-ups of one kind of events to what its raw rows say: of `$1`, a tenant. */
interface RollupStatements {
  /**
   * Takes marks, at most `$3` and about `$2` of their entries, and adds what they hold to their hours and days. Gives how many `hours`,
   * `marks` and `entries` they were.
   */
  readonly add: string;
  /**
   * Takes all marks of the hours `$2` and counts these anew, of one snapshot: an event has its mark taken if it is counted, and only then.
   */
  readonly countHours: string;
  /** Sums the hours of the days `$2` anew. */
  readonly countDays: string;
  /**
   * Moves raw rows before `$2`, at most `$3`, from what is counted into what is settled, and deletes them. Gives their hours, and which are to be
   * counted anew: those where marks wait, as what is counted does not have all of the rows then.
   */
  readonly settle: string;
}

const CLASSES = ["to_10", "to_25", "to_50", "to_75", "to_90", "to_95", "to_99", "to_100"] as const;
const each = (write: (column: string) => string) => CLASSES.map(write).join(", ");

const SCORE_COLUMNS = `user_id, user_role, team, scores, total, ${each((column) => column)}`;
const SCORE_SUMS = `sum(scores)::bigint AS scores, sum(total) AS total, ${each((column) => `sum(${column})::bigint AS ${column}`)}`;
const SCORE_COUNTS = `count(*) AS scores, sum(score) AS total, ${each((column) => `sum(${column}) AS ${column}`)}`;
const SCORE_REPLACED = `scores = excluded.scores, total = excluded.total, ${each((column) => `${column} = excluded.${column}`)}`;
const SCORE_ADDED = `scores = t.scores + excluded.scores, total = t.total + excluded.total, ${each((column) => `${column} = t.${column} + excluded.${column}`)}`;
const SCORE_LOWERED = `scores = t.scores - c.scores, total = t.total - c.total, ${each((column) => `${column} = t.${column} - c.${column}`)}`;
/** Classes and sums may differ where the number of scores does not. */
const SCORE_DIFFERS = `(t.scores, t.total, ${each((column) => `t.${column}`)}) IS DISTINCT FROM (excluded.scores, excluded.total, ${each((column) => `excluded.${column}`)})`;
const SAME_SCORE_ROW =
  "c.user_id = t.user_id AND c.user_role IS NOT DISTINCT FROM t.user_role AND c.team IS NOT DISTINCT FROM t.team";

/** Marks that hold what they add. Those of a hour that is to be counted anew may be among them: it has all of them counted then. */
const takenMarks = (kind: EventKind, columns: string) => `eldest AS MATERIALIZED (
  SELECT mark_id, entries, sum(entries) OVER (ORDER BY hour, mark_id) AS up_to
  FROM (
    SELECT mark_id, hour, entries FROM metrics.rollup_marks
    WHERE tenant_id = $1 AND kind = '${kind}' AND entries IS NOT NULL ORDER BY hour LIMIT $3
  ) AS m
), taken AS (
  DELETE FROM metrics.rollup_marks
  WHERE mark_id = ANY (ARRAY(SELECT mark_id FROM eldest WHERE up_to - entries < $2))
  RETURNING hour, entries, ${columns}
)`;
const TAKEN = `SELECT count(DISTINCT hour)::int AS hours, count(*)::int AS marks, coalesce(sum(entries), 0)::int AS entries FROM taken`;
/** Of the hours of `counted`, those with marks: in the snapshot in which their rows are deleted. */
const markedHours = (kind: EventKind) =>
  `SELECT hour FROM metrics.rollup_marks WHERE tenant_id = $1 AND kind = '${kind}' AND hour IN (SELECT hour FROM counted)`;
/** For PostgreSQL, which reads all hours else: what is counted has no statistics. */
const OF_COUNTED = "t.hour = ANY (ARRAY(SELECT DISTINCT hour FROM counted))";
const SETTLED =
  "SELECT hour, count(*)::int AS events, hour IN (SELECT hour FROM uncounted) AS is_uncounted FROM removed GROUP BY hour";
const marksOfHours = (kind: EventKind) =>
  `DELETE FROM metrics.rollup_marks WHERE tenant_id = $1 AND kind = '${kind}' AND hour = ANY ($2::timestamptz[])`;

// Rows that do not change are not written, so that counting the current hour again and again leaves little behind.
export const ROLLUP_STATEMENTS: Readonly<Record<EventKind, RollupStatements>> = {
  activity: {
    add: `WITH ${takenMarks("activity", "user_ids, user_events")}, added AS MATERIALIZED (
  SELECT m.hour, u.user_id, sum(u.events)::bigint AS events
  FROM taken m, unnest(m.user_ids, m.user_events) AS u(user_id, events)
  GROUP BY 1, 2
), hours AS (
  INSERT INTO metrics.activity_hours AS t (tenant_id, hour, user_id, part, events)
  SELECT $1, hour, user_id, 'live', events FROM added
  ON CONFLICT (tenant_id, hour, user_id, part) DO UPDATE SET events = t.events + excluded.events
), days AS (
  INSERT INTO metrics.activity_days AS t (tenant_id, day, user_id, events)
  SELECT $1, date_trunc('day', hour, 'UTC') AS day, user_id, sum(events)::bigint FROM added GROUP BY day, user_id
  ON CONFLICT (tenant_id, day, user_id) DO UPDATE SET events = t.events + excluded.events
)
${TAKEN}`,
    countHours: `WITH taken AS (
  ${marksOfHours("activity")}
), counted AS MATERIALIZED (
  SELECT m.hour, e.user_id, count(*) AS events
  FROM unnest($2::timestamptz[]) AS m(hour)
  JOIN metrics.activity_events e
    ON e.tenant_id = $1 AND e.occurred_at >= m.hour AND e.occurred_at < m.hour + interval '1 hour'
  GROUP BY 1, 2
), removed AS (
  DELETE FROM metrics.activity_hours t
  WHERE t.tenant_id = $1 AND t.hour = ANY ($2::timestamptz[]) AND t.part = 'live'
    AND NOT EXISTS (SELECT FROM counted c WHERE c.hour = t.hour AND c.user_id = t.user_id)
)
INSERT INTO metrics.activity_hours AS t (tenant_id, hour, user_id, part, events)
SELECT $1, hour, user_id, 'live', events FROM counted
ON CONFLICT (tenant_id, hour, user_id, part) DO UPDATE SET events = excluded.events WHERE t.events <> excluded.events`,
    countDays: `WITH counted AS MATERIALIZED (
  SELECT d.day, h.user_id, sum(h.events)::bigint AS events
  FROM unnest($2::timestamptz[]) AS d(day)
  JOIN metrics.activity_hours h
    ON h.tenant_id = $1 AND h.hour >= d.day AND h.hour < d.day + interval '24 hours'
  GROUP BY 1, 2
), removed AS (
  DELETE FROM metrics.activity_days t
  WHERE t.tenant_id = $1 AND t.day = ANY ($2::timestamptz[])
    AND NOT EXISTS (SELECT FROM counted c WHERE c.day = t.day AND c.user_id = t.user_id)
)
INSERT INTO metrics.activity_days AS t (tenant_id, day, user_id, events)
SELECT $1, day, user_id, events FROM counted
ON CONFLICT (tenant_id, day, user_id) DO UPDATE SET events = excluded.events WHERE t.events <> excluded.events`,
    settle: `WITH removed AS (
  DELETE FROM metrics.activity_events WHERE tenant_id = $1 AND event_key IN (
    SELECT event_key FROM metrics.activity_events WHERE tenant_id = $1 AND occurred_at < $2 ORDER BY occurred_at LIMIT $3
  ) RETURNING user_id, date_trunc('hour', occurred_at, 'UTC') AS hour
), counted AS MATERIALIZED (
  SELECT hour, user_id, count(*) AS events FROM removed GROUP BY 1, 2
), uncounted AS MATERIALIZED (
  SELECT c.hour FROM counted c LEFT JOIN metrics.activity_hours t
    ON t.tenant_id = $1 AND ${OF_COUNTED} AND t.hour = c.hour AND t.user_id = c.user_id AND t.part = 'live'
  WHERE t.events IS NULL OR t.events < c.events
  UNION ${markedHours("activity")}
), moved AS MATERIALIZED (
  SELECT * FROM counted WHERE hour NOT IN (SELECT hour FROM uncounted)
), lowered AS (
  UPDATE metrics.activity_hours t SET events = t.events - m.events FROM moved m
  WHERE t.tenant_id = $1 AND ${OF_COUNTED} AND t.hour = m.hour AND t.user_id = m.user_id AND t.part = 'live' AND t.events > m.events
), emptied AS (
  DELETE FROM metrics.activity_hours t USING moved m
  WHERE t.tenant_id = $1 AND ${OF_COUNTED} AND t.hour = m.hour AND t.user_id = m.user_id AND t.part = 'live' AND t.events = m.events
), settled AS (
  INSERT INTO metrics.activity_hours AS t (tenant_id, hour, user_id, part, events)
  SELECT $1, hour, user_id, 'settled', events FROM counted
  ON CONFLICT (tenant_id, hour, user_id, part) DO UPDATE SET events = t.events + excluded.events
)
${SETTLED}`,
  },
  score: {
    add: `WITH ${takenMarks("score", "user_ids, user_roles, teams, scores")}, added AS MATERIALIZED (
  SELECT m.hour, e.user_id, e.user_role, e.team, ${SCORE_COUNTS}
  FROM taken m, metrics.classified(m.user_ids, m.user_roles, m.teams, m.scores) AS e
  GROUP BY 1, 2, 3, 4
), hours AS (
  INSERT INTO metrics.score_hours AS t (tenant_id, hour, part, ${SCORE_COLUMNS})
  SELECT $1, hour, 'live', ${SCORE_COLUMNS} FROM added
  ON CONFLICT (tenant_id, hour, user_id, user_role, team, part) DO UPDATE SET ${SCORE_ADDED}
), days AS (
  INSERT INTO metrics.score_days AS t (tenant_id, day, ${SCORE_COLUMNS})
  SELECT $1, day, ${SCORE_COLUMNS} FROM (
    SELECT date_trunc('day', hour, 'UTC') AS day, user_id, user_role, team, ${SCORE_SUMS} FROM added GROUP BY 1, 2, 3, 4
  ) AS by_day
  ON CONFLICT (tenant_id, day, user_id, user_role, team) DO UPDATE SET ${SCORE_ADDED}
)
${TAKEN}`,
    countHours: `WITH taken AS (
  ${marksOfHours("score")}
), counted AS MATERIALIZED (
  SELECT m.hour, e.user_id, e.user_role, e.team, ${SCORE_COUNTS}
  FROM unnest($2::timestamptz[]) AS m(hour)
  JOIN metrics.classified_scores e
    ON e.tenant_id = $1 AND e.occurred_at >= m.hour AND e.occurred_at < m.hour + interval '1 hour'
  GROUP BY 1, 2, 3, 4
), removed AS (
  DELETE FROM metrics.score_hours t
  WHERE t.tenant_id = $1 AND t.hour = ANY ($2::timestamptz[]) AND t.part = 'live'
    AND NOT EXISTS (SELECT FROM counted c WHERE c.hour = t.hour AND ${SAME_SCORE_ROW})
)
INSERT INTO metrics.score_hours AS t (tenant_id, hour, part, ${SCORE_COLUMNS})
SELECT $1, hour, 'live', ${SCORE_COLUMNS} FROM counted
ON CONFLICT (tenant_id, hour, user_id, user_role, team, part) DO UPDATE SET ${SCORE_REPLACED} WHERE ${SCORE_DIFFERS}`,
    countDays: `WITH counted AS MATERIALIZED (
  SELECT d.day, h.user_id, h.user_role, h.team, ${SCORE_SUMS}
  FROM unnest($2::timestamptz[]) AS d(day)
  JOIN metrics.score_hours h
    ON h.tenant_id = $1 AND h.hour >= d.day AND h.hour < d.day + interval '24 hours'
  GROUP BY 1, 2, 3, 4
), removed AS (
  DELETE FROM metrics.score_days t
  WHERE t.tenant_id = $1 AND t.day = ANY ($2::timestamptz[])
    AND NOT EXISTS (SELECT FROM counted c WHERE c.day = t.day AND ${SAME_SCORE_ROW})
)
INSERT INTO metrics.score_days AS t (tenant_id, day, ${SCORE_COLUMNS})
SELECT $1, day, ${SCORE_COLUMNS} FROM counted
ON CONFLICT (tenant_id, day, user_id, user_role, team) DO UPDATE SET ${SCORE_REPLACED} WHERE ${SCORE_DIFFERS}`,
    settle: `WITH expired AS MATERIALIZED (
  SELECT event_key FROM metrics.productivity_scores WHERE tenant_id = $1 AND occurred_at < $2 ORDER BY occurred_at LIMIT $3
), counted AS MATERIALIZED (
  SELECT date_trunc('hour', e.occurred_at, 'UTC') AS hour, e.user_id, e.user_role, e.team, ${SCORE_COUNTS}
  FROM expired x JOIN metrics.classified_scores e ON e.tenant_id = $1 AND e.event_key = x.event_key
  GROUP BY 1, 2, 3, 4
), removed AS (
  DELETE FROM metrics.productivity_scores s USING expired x WHERE s.tenant_id = $1 AND s.event_key = x.event_key
  RETURNING date_trunc('hour', s.occurred_at, 'UTC') AS hour
), uncounted AS MATERIALIZED (
  SELECT c.hour FROM counted c LEFT JOIN metrics.score_hours t ON t.tenant_id = $1 AND ${OF_COUNTED} AND t.hour = c.hour AND t.part = 'live' AND ${SAME_SCORE_ROW}
  WHERE t.scores IS NULL OR t.scores < c.scores
  UNION ${markedHours("score")}
), moved AS MATERIALIZED (
  SELECT * FROM counted WHERE hour NOT IN (SELECT hour FROM uncounted)
), lowered AS (
  UPDATE metrics.score_hours t SET ${SCORE_LOWERED} FROM moved c
  WHERE t.tenant_id = $1 AND ${OF_COUNTED} AND t.hour = c.hour AND t.part = 'live' AND ${SAME_SCORE_ROW} AND t.scores > c.scores
), emptied AS (
  DELETE FROM metrics.score_hours t USING moved c
  WHERE t.tenant_id = $1 AND ${OF_COUNTED} AND t.hour = c.hour AND t.part = 'live' AND ${SAME_SCORE_ROW} AND t.scores = c.scores
), settled AS (
  INSERT INTO metrics.score_hours AS t (tenant_id, hour, part, ${SCORE_COLUMNS})
  SELECT $1, hour, 'settled', ${SCORE_COLUMNS} FROM counted
  ON CONFLICT (tenant_id, hour, user_id, user_role, team, part) DO UPDATE SET ${SCORE_ADDED}
)
${SETTLED}`,
  },
};
