-- Counts by hour (UTC) and by day, each of one user: active users are then counted over any span, and a person is erased as a row.
-- `part`: what is counted anew from the raw rows, and what retention has taken out of them. A sum has both.
CREATE TABLE metrics.activity_hours (
  tenant_id text NOT NULL,
  hour timestamptz NOT NULL,
  user_id text NOT NULL,
  part text NOT NULL CHECK (part IN ('live', 'settled')),
  events bigint NOT NULL CHECK (events > 0),
  PRIMARY KEY (tenant_id, hour, user_id, part)
);
CREATE INDEX ix_activity_hours_user ON metrics.activity_hours (tenant_id, user_id);
CALL metrics.protect('activity_hours', 'SELECT, DELETE');

CREATE TABLE metrics.activity_days (
  tenant_id text NOT NULL,
  day timestamptz NOT NULL,
  user_id text NOT NULL,
  events bigint NOT NULL CHECK (events > 0),
  PRIMARY KEY (tenant_id, day, user_id)
);
CREATE INDEX ix_activity_days_user ON metrics.activity_days (tenant_id, user_id);
CALL metrics.protect('activity_days', 'SELECT, DELETE');

-- `total` is numeric: the same scores have the same sum in whatever order they are added.
CREATE TABLE metrics.score_hours (
  tenant_id text NOT NULL,
  hour timestamptz NOT NULL,
  user_id text NOT NULL,
  user_role text,
  team text,
  part text NOT NULL CHECK (part IN ('live', 'settled')),
  scores bigint NOT NULL CHECK (scores > 0),
  total numeric NOT NULL,
  to_10 bigint NOT NULL, to_25 bigint NOT NULL, to_50 bigint NOT NULL, to_75 bigint NOT NULL,
  to_90 bigint NOT NULL, to_95 bigint NOT NULL, to_99 bigint NOT NULL, to_100 bigint NOT NULL,
  UNIQUE NULLS NOT DISTINCT (tenant_id, hour, user_id, user_role, team, part)
);
CREATE INDEX ix_score_hours_user ON metrics.score_hours (tenant_id, user_id);
CALL metrics.protect('score_hours', 'SELECT, DELETE');

CREATE TABLE metrics.score_days (
  tenant_id text NOT NULL,
  day timestamptz NOT NULL,
  user_id text NOT NULL,
  user_role text,
  team text,
  scores bigint NOT NULL CHECK (scores > 0),
  total numeric NOT NULL,
  to_10 bigint NOT NULL, to_25 bigint NOT NULL, to_50 bigint NOT NULL, to_75 bigint NOT NULL,
  to_90 bigint NOT NULL, to_95 bigint NOT NULL, to_99 bigint NOT NULL, to_100 bigint NOT NULL,
  UNIQUE NULLS NOT DISTINCT (tenant_id, day, user_id, user_role, team)
);
CREATE INDEX ix_score_days_user ON metrics.score_days (tenant_id, user_id);
CALL metrics.protect('score_days', 'SELECT, DELETE');

-- One row a tenant: who writes its roll-ups locks it first, and so counts after all those before have committed.
CREATE TABLE metrics.rollup_states (
  tenant_id text PRIMARY KEY,
  rolled_up_at timestamptz
);
CALL metrics.protect('rollup_states', 'SELECT, INSERT, UPDATE');

-- Queries read the hours that are marked from the raw rows.
GRANT SELECT ON metrics.rollup_marks TO metrics_service;
CREATE INDEX ix_rollup_marks_hour ON metrics.rollup_marks (tenant_id, kind, hour);

-- Classes of scores, as `metrics_productivity_score` has them.
CREATE VIEW metrics.classified_scores WITH (security_invoker = true) AS
  SELECT tenant_id, event_key, user_id, user_role, team, occurred_at, score::numeric AS score,
         (score <= 10)::int AS to_10, (score > 10 AND score <= 25)::int AS to_25, (score > 25 AND score <= 50)::int AS to_50,
         (score > 50 AND score <= 75)::int AS to_75, (score > 75 AND score <= 90)::int AS to_90,
         (score > 90 AND score <= 95)::int AS to_95, (score > 95 AND score <= 99)::int AS to_99, (score > 99)::int AS to_100
  FROM metrics.productivity_scores;
ALTER VIEW metrics.classified_scores OWNER TO metrics_owner;
GRANT SELECT ON metrics.classified_scores TO metrics_service, metrics_platform;

-- Which whole hours and days of a span are taken from roll-ups. The rest is counted from raw rows: hours that are marked, and
-- the parts of hours at both ends.
CREATE FUNCTION metrics.span_of(of_tenant text, of_kind text, from_at timestamptz, to_at timestamptz, by_day boolean)
  RETURNS TABLE (first_hour timestamptz, end_hour timestamptz, marked timestamptz[], days timestamptz[])
  LANGUAGE sql STABLE
  AS $$
    WITH hours AS (
      SELECT date_trunc('hour', from_at + interval '59 minutes 59.999999 seconds', 'UTC') AS first_hour,
             date_trunc('hour', to_at, 'UTC') AS end_hour
    ), marks AS (
      SELECT DISTINCT m.hour FROM metrics.rollup_marks m, hours h
      WHERE m.tenant_id = of_tenant AND m.kind = of_kind AND m.hour >= h.first_hour AND m.hour < h.end_hour
    )
    SELECT h.first_hour, h.end_hour, ARRAY(SELECT hour FROM marks),
           ARRAY(
             SELECT d.day FROM generate_series(
               date_trunc('day', h.first_hour + interval '23 hours', 'UTC'),
               date_trunc('day', h.end_hour, 'UTC') - interval '24 hours', interval '24 hours') AS d(day)
             WHERE by_day AND NOT EXISTS (SELECT FROM marks WHERE date_trunc('day', hour, 'UTC') = d.day)
           )
    FROM hours h
  $$;

-- Events of each user in a span, by hours or days: complete at the moment of the statement, whatever roll-ups have seen. Of a
-- part of an hour whose raw rows were deleted, the whole hour counts.
CREATE FUNCTION metrics.activity_between(of_tenant text, from_at timestamptz, to_at timestamptz, by_day boolean)
  RETURNS TABLE (start_at timestamptz, user_id text, events bigint)
  LANGUAGE sql STABLE
  AS $$
    WITH s AS MATERIALIZED (SELECT * FROM metrics.span_of(of_tenant, 'activity', from_at, to_at, by_day))
    SELECT d.day, d.user_id, d.events
    FROM metrics.activity_days d WHERE d.tenant_id = of_tenant AND d.day = ANY ((SELECT days FROM s)::timestamptz[])
    UNION ALL
    SELECT h.hour, h.user_id, h.events
    FROM metrics.activity_hours h
    WHERE h.tenant_id = of_tenant AND h.hour < to_at
      AND h.hour >= (SELECT CASE WHEN first_hour > from_at THEN first_hour - interval '1 hour' ELSE first_hour END FROM s)
      AND (h.part = 'settled' OR (h.hour >= (SELECT first_hour FROM s) AND h.hour < (SELECT end_hour FROM s)
                                  AND h.hour <> ALL ((SELECT marked FROM s)::timestamptz[])))
      AND date_trunc('day', h.hour, 'UTC') <> ALL ((SELECT days FROM s)::timestamptz[])
    UNION ALL
    SELECT date_trunc('hour', e.occurred_at, 'UTC'), e.user_id, count(*)
    FROM (
      SELECT m AS from_raw, m + interval '1 hour' AS to_raw FROM unnest((SELECT marked FROM s)) AS m
      UNION ALL SELECT from_at, least(first_hour, to_at) FROM s
      UNION ALL SELECT end_hour, to_at FROM s WHERE end_hour >= first_hour
    ) AS r
    JOIN metrics.activity_events e
      ON e.tenant_id = of_tenant AND e.occurred_at >= r.from_raw AND e.occurred_at < r.to_raw
    GROUP BY 1, 2
  $$;

CREATE FUNCTION metrics.scores_between(of_tenant text, from_at timestamptz, to_at timestamptz, by_day boolean)
  RETURNS TABLE (start_at timestamptz, user_id text, user_role text, team text, scores bigint, total numeric,
                 to_10 bigint, to_25 bigint, to_50 bigint, to_75 bigint, to_90 bigint, to_95 bigint, to_99 bigint, to_100 bigint)
  LANGUAGE sql STABLE
  AS $$
    WITH s AS MATERIALIZED (SELECT * FROM metrics.span_of(of_tenant, 'score', from_at, to_at, by_day))
    SELECT d.day, d.user_id, d.user_role, d.team, d.scores, d.total,
           d.to_10, d.to_25, d.to_50, d.to_75, d.to_90, d.to_95, d.to_99, d.to_100
    FROM metrics.score_days d WHERE d.tenant_id = of_tenant AND d.day = ANY ((SELECT days FROM s)::timestamptz[])
    UNION ALL
    SELECT h.hour, h.user_id, h.user_role, h.team, h.scores, h.total,
           h.to_10, h.to_25, h.to_50, h.to_75, h.to_90, h.to_95, h.to_99, h.to_100
    FROM metrics.score_hours h
    WHERE h.tenant_id = of_tenant AND h.hour < to_at
      AND h.hour >= (SELECT CASE WHEN first_hour > from_at THEN first_hour - interval '1 hour' ELSE first_hour END FROM s)
      AND (h.part = 'settled' OR (h.hour >= (SELECT first_hour FROM s) AND h.hour < (SELECT end_hour FROM s)
                                  AND h.hour <> ALL ((SELECT marked FROM s)::timestamptz[])))
      AND date_trunc('day', h.hour, 'UTC') <> ALL ((SELECT days FROM s)::timestamptz[])
    UNION ALL
    SELECT date_trunc('hour', e.occurred_at, 'UTC'), e.user_id, e.user_role, e.team, count(*), sum(e.score),
           sum(e.to_10), sum(e.to_25), sum(e.to_50), sum(e.to_75), sum(e.to_90), sum(e.to_95), sum(e.to_99), sum(e.to_100)
    FROM (
      SELECT m AS from_raw, m + interval '1 hour' AS to_raw FROM unnest((SELECT marked FROM s)) AS m
      UNION ALL SELECT from_at, least(first_hour, to_at) FROM s
      UNION ALL SELECT end_hour, to_at FROM s WHERE end_hour >= first_hour
    ) AS r
    JOIN metrics.classified_scores e
      ON e.tenant_id = of_tenant AND e.occurred_at >= r.from_raw AND e.occurred_at < r.to_raw
    GROUP BY 1, 2, 3, 4
  $$;

ALTER FUNCTION metrics.span_of(text, text, timestamptz, timestamptz, boolean) OWNER TO metrics_owner;
ALTER FUNCTION metrics.activity_between(text, timestamptz, timestamptz, boolean) OWNER TO metrics_owner;
ALTER FUNCTION metrics.scores_between(text, timestamptz, timestamptz, boolean) OWNER TO metrics_owner;
