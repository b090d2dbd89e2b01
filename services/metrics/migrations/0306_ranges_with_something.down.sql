CREATE OR REPLACE VIEW metrics.classified_scores WITH (security_invoker = true) AS
  SELECT tenant_id, event_key, user_id, user_role, team, occurred_at, score::numeric AS score,
         (score <= 10)::int AS to_10, (score > 10 AND score <= 25)::int AS to_25, (score > 25 AND score <= 50)::int AS to_50,
         (score > 50 AND score <= 75)::int AS to_75, (score > 75 AND score <= 90)::int AS to_90,
         (score > 90 AND score <= 95)::int AS to_95, (score > 95 AND score <= 99)::int AS to_99, (score > 99)::int AS to_100
  FROM metrics.productivity_scores;

CREATE OR REPLACE FUNCTION metrics.classified(user_ids text[], user_roles text[], teams text[], scores real[])
  RETURNS TABLE (user_id text, user_role text, team text, score numeric,
                 to_10 int, to_25 int, to_50 int, to_75 int, to_90 int, to_95 int, to_99 int, to_100 int)
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$
    SELECT e.user_id, e.user_role, e.team, e.score::numeric,
           (e.score <= 10)::int, (e.score > 10 AND e.score <= 25)::int, (e.score > 25 AND e.score <= 50)::int,
           (e.score > 50 AND e.score <= 75)::int, (e.score > 75 AND e.score <= 90)::int,
           (e.score > 90 AND e.score <= 95)::int, (e.score > 95 AND e.score <= 99)::int, (e.score > 99)::int
    FROM unnest(user_ids, user_roles, teams, scores) AS e(user_id, user_role, team, score)
  $$;
DROP FUNCTION metrics.classes_of(real);

CREATE OR REPLACE FUNCTION metrics.activity_between(of_tenant text, from_at timestamptz, to_at timestamptz, by_day boolean)
  RETURNS TABLE (start_at timestamptz, user_id text, events bigint)
  LANGUAGE sql STABLE
  AS $$
    WITH s AS MATERIALIZED (SELECT * FROM metrics.span_of(of_tenant, 'activity', from_at, to_at, by_day)), rest AS MATERIALIZED (
      SELECT ARRAY(
        SELECT h.hour FROM generate_series(date_trunc('hour', from_at, 'UTC'), to_at - interval '1 microsecond', interval '1 hour') AS h(hour)
        WHERE date_trunc('day', h.hour, 'UTC') <> ALL (s.days)
      ) AS hours FROM s
    ), raw AS MATERIALIZED (
      SELECT from_raw, to_raw, date_trunc('hour', from_raw, 'UTC') AS hour FROM (
        SELECT m AS from_raw, m + interval '1 hour' AS to_raw FROM unnest((SELECT marked FROM s)) AS m
        UNION ALL SELECT from_at, least(first_hour, to_at) FROM s
        UNION ALL SELECT end_hour, to_at FROM s WHERE end_hour >= first_hour
      ) AS ranges
    )
    SELECT d.day, d.user_id, d.events
    FROM metrics.activity_days d WHERE d.tenant_id = of_tenant AND d.day = ANY ((SELECT days FROM s)::timestamptz[])
    UNION ALL
    SELECT h.hour, h.user_id, h.events
    FROM metrics.activity_hours h
    WHERE h.tenant_id = of_tenant AND h.hour = ANY ((SELECT hours FROM rest)::timestamptz[])
      AND (h.part = 'settled' OR (h.hour >= (SELECT first_hour FROM s) AND h.hour < (SELECT end_hour FROM s)
                                  AND h.hour <> ALL ((SELECT marked FROM s)::timestamptz[])))
    UNION ALL
    SELECT m.hour, u.user_id, sum(u.events)::bigint
    FROM metrics.rollup_marks m, unnest(m.user_ids, m.user_events) AS u(user_id, events)
    WHERE m.tenant_id = of_tenant AND m.kind = 'activity' AND m.entries IS NOT NULL
      AND m.hour >= (SELECT first_hour FROM s) AND m.hour < (SELECT end_hour FROM s)
      AND m.hour <> ALL ((SELECT marked FROM s)::timestamptz[])
    GROUP BY 1, 2
    UNION ALL
    SELECT r.hour, e.user_id, count(*)
    FROM raw AS r
    JOIN metrics.activity_events e
      ON e.tenant_id = of_tenant AND e.occurred_at >= r.from_raw AND e.occurred_at < r.to_raw
    GROUP BY 1, 2
  $$;

CREATE OR REPLACE FUNCTION metrics.scores_between(of_tenant text, from_at timestamptz, to_at timestamptz, by_day boolean)
  RETURNS TABLE (start_at timestamptz, user_id text, user_role text, team text, scores bigint, total numeric,
                 to_10 bigint, to_25 bigint, to_50 bigint, to_75 bigint, to_90 bigint, to_95 bigint, to_99 bigint, to_100 bigint)
  LANGUAGE sql STABLE
  AS $$
    WITH s AS MATERIALIZED (SELECT * FROM metrics.span_of(of_tenant, 'score', from_at, to_at, by_day)), rest AS MATERIALIZED (
      SELECT ARRAY(
        SELECT h.hour FROM generate_series(date_trunc('hour', from_at, 'UTC'), to_at - interval '1 microsecond', interval '1 hour') AS h(hour)
        WHERE date_trunc('day', h.hour, 'UTC') <> ALL (s.days)
      ) AS hours FROM s
    ), raw AS MATERIALIZED (
      SELECT from_raw, to_raw, date_trunc('hour', from_raw, 'UTC') AS hour FROM (
        SELECT m AS from_raw, m + interval '1 hour' AS to_raw FROM unnest((SELECT marked FROM s)) AS m
        UNION ALL SELECT from_at, least(first_hour, to_at) FROM s
        UNION ALL SELECT end_hour, to_at FROM s WHERE end_hour >= first_hour
      ) AS ranges
    )
    SELECT d.day, d.user_id, d.user_role, d.team, d.scores, d.total,
           d.to_10, d.to_25, d.to_50, d.to_75, d.to_90, d.to_95, d.to_99, d.to_100
    FROM metrics.score_days d WHERE d.tenant_id = of_tenant AND d.day = ANY ((SELECT days FROM s)::timestamptz[])
    UNION ALL
    SELECT h.hour, h.user_id, h.user_role, h.team, h.scores, h.total,
           h.to_10, h.to_25, h.to_50, h.to_75, h.to_90, h.to_95, h.to_99, h.to_100
    FROM metrics.score_hours h
    WHERE h.tenant_id = of_tenant AND h.hour = ANY ((SELECT hours FROM rest)::timestamptz[])
      AND (h.part = 'settled' OR (h.hour >= (SELECT first_hour FROM s) AND h.hour < (SELECT end_hour FROM s)
                                  AND h.hour <> ALL ((SELECT marked FROM s)::timestamptz[])))
    UNION ALL
    SELECT m.hour, e.user_id, e.user_role, e.team, count(*), sum(e.score),
           sum(e.to_10), sum(e.to_25), sum(e.to_50), sum(e.to_75), sum(e.to_90), sum(e.to_95), sum(e.to_99), sum(e.to_100)
    FROM metrics.rollup_marks m, metrics.classified(m.user_ids, m.user_roles, m.teams, m.scores) AS e
    WHERE m.tenant_id = of_tenant AND m.kind = 'score' AND m.entries IS NOT NULL
      AND m.hour >= (SELECT first_hour FROM s) AND m.hour < (SELECT end_hour FROM s)
      AND m.hour <> ALL ((SELECT marked FROM s)::timestamptz[])
    GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT r.hour, e.user_id, e.user_role, e.team, count(*), sum(e.score),
           sum(e.to_10), sum(e.to_25), sum(e.to_50), sum(e.to_75), sum(e.to_90), sum(e.to_95), sum(e.to_99), sum(e.to_100)
    FROM raw AS r
    JOIN metrics.classified_scores e
      ON e.tenant_id = of_tenant AND e.occurred_at >= r.from_raw AND e.occurred_at < r.to_raw
    GROUP BY 1, 2, 3, 4
  $$;
