-- Hours and days of all users in one row each, and of scores one for each role and team: a trend reads these, and not a row of each user.
-- Kept by triggers, for all who write roll-ups, who wait for each other. The parts of an hour are told apart, as in `activity_hours`:
-- a user may be in both.
CREATE TABLE metrics.activity_totals (
  tenant_id text NOT NULL,
  unit text NOT NULL CHECK (unit IN ('hour', 'day')),
  start_at timestamptz NOT NULL,
  part text NOT NULL,
  users bigint NOT NULL CHECK (users >= 0),
  events bigint NOT NULL,
  PRIMARY KEY (tenant_id, unit, start_at, part)
);
CALL metrics.protect('activity_totals', 'SELECT');

CREATE TABLE metrics.score_totals (
  tenant_id text NOT NULL,
  unit text NOT NULL CHECK (unit IN ('hour', 'day')),
  start_at timestamptz NOT NULL,
  part text NOT NULL,
  user_role text,
  team text,
  scores bigint NOT NULL CHECK (scores >= 0),
  total numeric NOT NULL,
  to_10 bigint NOT NULL, to_25 bigint NOT NULL, to_50 bigint NOT NULL, to_75 bigint NOT NULL,
  to_90 bigint NOT NULL, to_95 bigint NOT NULL, to_99 bigint NOT NULL, to_100 bigint NOT NULL,
  UNIQUE NULLS NOT DISTINCT (tenant_id, unit, start_at, part, user_role, team)
);
CALL metrics.protect('score_totals', 'SELECT');

-- For a trigger of a table of roll-ups: its unit, and the expression of the part.
CREATE FUNCTION metrics.total_activity() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unit text := TG_ARGV[0];
  rolled_up text := format('SELECT tenant_id, %I AS start_at, %s AS part, count(*) AS users, sum(events)::bigint AS events FROM %%I GROUP BY 1, 2, 3',
                        unit, TG_ARGV[1]);
BEGIN
  IF TG_OP <> 'DELETE' THEN
    EXECUTE format('INSERT INTO metrics.activity_totals AS t (tenant_id, unit, start_at, part, users, events)
      SELECT r.tenant_id, %L, r.start_at, r.part, r.users, r.events FROM (%s) r
      ON CONFLICT (tenant_id, unit, start_at, part) DO UPDATE SET users = t.users + excluded.users, events = t.events + excluded.events',
      unit, format(rolled_up, 'new_rows'));
  END IF;
  IF TG_OP <> 'INSERT' THEN
    EXECUTE format('WITH old AS (%s), changed AS (
        UPDATE metrics.activity_totals t SET users = t.users - o.users, events = t.events - o.events FROM old o
        WHERE t.tenant_id = o.tenant_id AND t.unit = %L AND t.start_at = o.start_at AND t.part = o.part AND t.users > o.users
      )
      DELETE FROM metrics.activity_totals t USING old o
      WHERE t.tenant_id = o.tenant_id AND t.unit = %2$L AND t.start_at = o.start_at AND t.part = o.part AND t.users = o.users',
      format(rolled_up, 'old_rows'), unit);
  END IF;
  RETURN NULL;
END $$;
ALTER FUNCTION metrics.total_activity() OWNER TO metrics_platform;

CREATE FUNCTION metrics.total_scores() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unit text := TG_ARGV[0];
  rolled_up text := format('SELECT tenant_id, %I AS start_at, %s AS part, user_role, team, sum(scores)::bigint AS scores, sum(total) AS total,
      sum(to_10) AS to_10, sum(to_25) AS to_25, sum(to_50) AS to_50, sum(to_75) AS to_75, sum(to_90) AS to_90, sum(to_95) AS to_95, sum(to_99) AS to_99, sum(to_100) AS to_100
    FROM %%I GROUP BY 1, 2, 3, 4, 5', unit, TG_ARGV[1]);
BEGIN
  IF TG_OP <> 'DELETE' THEN
    EXECUTE format('INSERT INTO metrics.score_totals AS t (tenant_id, unit, start_at, part, user_role, team, scores, total, to_10, to_25, to_50, to_75, to_90, to_95, to_99, to_100)
      SELECT r.tenant_id, %L, r.start_at, r.part, r.user_role, r.team, r.scores, r.total, to_10, to_25, to_50, to_75, to_90, to_95, to_99, to_100 FROM (%s) r
      ON CONFLICT (tenant_id, unit, start_at, part, user_role, team) DO UPDATE SET scores = t.scores + excluded.scores, total = t.total + excluded.total,
        to_10 = t.to_10 + excluded.to_10, to_25 = t.to_25 + excluded.to_25, to_50 = t.to_50 + excluded.to_50, to_75 = t.to_75 + excluded.to_75, to_90 = t.to_90 + excluded.to_90, to_95 = t.to_95 + excluded.to_95, to_99 = t.to_99 + excluded.to_99, to_100 = t.to_100 + excluded.to_100', unit, format(rolled_up, 'new_rows'));
  END IF;
  IF TG_OP <> 'INSERT' THEN
    EXECUTE format('WITH old AS (%s), changed AS (
        UPDATE metrics.score_totals t SET scores = t.scores - o.scores, total = t.total - o.total, to_10 = t.to_10 - o.to_10, to_25 = t.to_25 - o.to_25, to_50 = t.to_50 - o.to_50, to_75 = t.to_75 - o.to_75, to_90 = t.to_90 - o.to_90, to_95 = t.to_95 - o.to_95, to_99 = t.to_99 - o.to_99, to_100 = t.to_100 - o.to_100
        FROM old o
        WHERE t.tenant_id = o.tenant_id AND t.unit = %L AND t.start_at = o.start_at AND t.part = o.part
          AND t.user_role IS NOT DISTINCT FROM o.user_role AND t.team IS NOT DISTINCT FROM o.team AND t.scores > o.scores
      )
      DELETE FROM metrics.score_totals t USING old o
      WHERE t.tenant_id = o.tenant_id AND t.unit = %2$L AND t.start_at = o.start_at AND t.part = o.part
        AND t.user_role IS NOT DISTINCT FROM o.user_role AND t.team IS NOT DISTINCT FROM o.team AND t.scores = o.scores',
      format(rolled_up, 'old_rows'), unit);
  END IF;
  RETURN NULL;
END $$;
ALTER FUNCTION metrics.total_scores() OWNER TO metrics_platform;

CREATE TRIGGER total_insert AFTER INSERT ON metrics.activity_hours REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION metrics.total_activity('hour', 'part');
CREATE TRIGGER total_update AFTER UPDATE ON metrics.activity_hours REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION metrics.total_activity('hour', 'part');
CREATE TRIGGER total_delete AFTER DELETE ON metrics.activity_hours REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION metrics.total_activity('hour', 'part');
CREATE TRIGGER total_insert AFTER INSERT ON metrics.activity_days REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION metrics.total_activity('day', '''live''::text');
CREATE TRIGGER total_update AFTER UPDATE ON metrics.activity_days REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION metrics.total_activity('day', '''live''::text');
CREATE TRIGGER total_delete AFTER DELETE ON metrics.activity_days REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION metrics.total_activity('day', '''live''::text');
CREATE TRIGGER total_insert AFTER INSERT ON metrics.score_hours REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION metrics.total_scores('hour', 'part');
CREATE TRIGGER total_update AFTER UPDATE ON metrics.score_hours REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION metrics.total_scores('hour', 'part');
CREATE TRIGGER total_delete AFTER DELETE ON metrics.score_hours REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION metrics.total_scores('hour', 'part');
CREATE TRIGGER total_insert AFTER INSERT ON metrics.score_days REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION metrics.total_scores('day', '''live''::text');
CREATE TRIGGER total_update AFTER UPDATE ON metrics.score_days REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION metrics.total_scores('day', '''live''::text');
CREATE TRIGGER total_delete AFTER DELETE ON metrics.score_days REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION metrics.total_scores('day', '''live''::text');

-- What is there already. No roll-up is written meanwhile: the triggers have locked the tables.
SET LOCAL ROLE metrics_platform;
INSERT INTO metrics.activity_totals SELECT tenant_id, 'hour', hour, part, count(*), sum(events) FROM metrics.activity_hours GROUP BY 1, 3, 4;
INSERT INTO metrics.score_totals
  SELECT tenant_id, 'hour', hour, part, user_role, team, sum(scores), sum(total), sum(to_10), sum(to_25), sum(to_50), sum(to_75), sum(to_90), sum(to_95), sum(to_99), sum(to_100)
  FROM metrics.score_hours GROUP BY 1, 3, 4, 5, 6;
INSERT INTO metrics.activity_totals SELECT tenant_id, 'day', day, 'live', count(*), sum(events) FROM metrics.activity_days GROUP BY 1, 3, 4;
INSERT INTO metrics.score_totals
  SELECT tenant_id, 'day', day, 'live', user_role, team, sum(scores), sum(total), sum(to_10), sum(to_25), sum(to_50), sum(to_75), sum(to_90), sum(to_95), sum(to_99), sum(to_100)
  FROM metrics.score_days GROUP BY 1, 3, 4, 5, 6;
RESET ROLE;

-- As `scores_between`, without users.
CREATE FUNCTION metrics.score_sums_between(of_tenant text, from_at timestamptz, to_at timestamptz, by_day boolean)
  RETURNS TABLE (start_at timestamptz, user_role text, team text, scores bigint, total numeric,
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
      ) AS ranges WHERE from_raw < to_raw
    )
    SELECT d.start_at, d.user_role, d.team, d.scores, d.total,
           d.to_10, d.to_25, d.to_50, d.to_75, d.to_90, d.to_95, d.to_99, d.to_100
    FROM metrics.score_totals d WHERE d.tenant_id = of_tenant AND d.unit = 'day' AND d.start_at = ANY ((SELECT days FROM s)::timestamptz[])
    UNION ALL
    SELECT h.start_at, h.user_role, h.team, h.scores, h.total,
           h.to_10, h.to_25, h.to_50, h.to_75, h.to_90, h.to_95, h.to_99, h.to_100
    FROM metrics.score_totals h
    WHERE h.tenant_id = of_tenant AND h.unit = 'hour' AND h.start_at = ANY ((SELECT hours FROM rest)::timestamptz[])
      AND (h.part = 'settled' OR (h.start_at >= (SELECT first_hour FROM s) AND h.start_at < (SELECT end_hour FROM s)
                                  AND h.start_at <> ALL ((SELECT marked FROM s)::timestamptz[])))
    UNION ALL
    SELECT m.hour, e.user_role, e.team, count(*), sum(e.score),
           sum(e.to_10), sum(e.to_25), sum(e.to_50), sum(e.to_75), sum(e.to_90), sum(e.to_95), sum(e.to_99), sum(e.to_100)
    FROM metrics.rollup_marks m, metrics.classified(m.user_ids, m.user_roles, m.teams, m.scores) AS e
    WHERE m.tenant_id = of_tenant AND m.kind = 'score' AND m.entries IS NOT NULL
      AND m.hour >= (SELECT first_hour FROM s) AND m.hour < (SELECT end_hour FROM s)
      AND m.hour <> ALL ((SELECT marked FROM s)::timestamptz[])
    GROUP BY 1, 2, 3
    UNION ALL
    SELECT r.hour, e.user_role, e.team, count(*), sum(e.score),
           sum(e.to_10), sum(e.to_25), sum(e.to_50), sum(e.to_75), sum(e.to_90), sum(e.to_95), sum(e.to_99), sum(e.to_100)
    FROM raw AS r
    JOIN metrics.classified_scores e
      ON e.tenant_id = of_tenant AND e.occurred_at >= r.from_raw AND e.occurred_at < r.to_raw
    GROUP BY 1, 2, 3
  $$;
ALTER FUNCTION metrics.score_sums_between(text, timestamptz, timestamptz, boolean) OWNER TO metrics_owner;

-- The end of the day of a moment where nothing comes after it in that day, and else the moment: a span that ends now then has the whole day,
-- which is a row of each user, and not one of each in each hour.
CREATE FUNCTION metrics.end_of_span(of_tenant text, of_kind text, to_at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE
  AS $$
    SELECT CASE
      WHEN EXISTS (SELECT FROM metrics.rollup_marks m
                   WHERE m.tenant_id = of_tenant AND m.kind = of_kind AND m.hour >= date_trunc('hour', to_at, 'UTC') AND m.hour < d.day_end)
        OR (of_kind = 'activity' AND EXISTS (
          SELECT FROM metrics.activity_totals t
          WHERE t.tenant_id = of_tenant AND t.unit = 'hour' AND t.start_at >= date_trunc('hour', to_at, 'UTC') AND t.start_at < d.day_end))
        OR (of_kind = 'score' AND EXISTS (
          SELECT FROM metrics.score_totals t
          WHERE t.tenant_id = of_tenant AND t.unit = 'hour' AND t.start_at >= date_trunc('hour', to_at, 'UTC') AND t.start_at < d.day_end))
      THEN to_at ELSE d.day_end END
    FROM (SELECT date_trunc('day', to_at + interval '23 hours 59 minutes 59.999999 seconds', 'UTC') AS day_end) d
  $$;
ALTER FUNCTION metrics.end_of_span(text, text, timestamptz) OWNER TO metrics_owner;

-- Users and events by hours or days. Those of which the totals do not have all are counted by users: where marks wait, where the span has a
-- part of one, and where an hour has both parts.
CREATE FUNCTION metrics.activity_trend(of_tenant text, from_at timestamptz, to_at timestamptz, of_unit text)
  RETURNS TABLE (start_at timestamptz, users bigint, events bigint)
  LANGUAGE sql STABLE
  AS $$
    WITH span AS MATERIALIZED (
      SELECT CASE of_unit WHEN 'day' THEN metrics.end_of_span(of_tenant, 'activity', to_at) ELSE to_at END AS end_at
    ), counted AS MATERIALIZED (
      SELECT date_trunc(of_unit, m.hour, 'UTC') AS start_at FROM metrics.rollup_marks m
      WHERE m.tenant_id = of_tenant AND m.kind = 'activity' AND m.hour >= date_trunc('hour', from_at, 'UTC') AND m.hour < to_at
      UNION
      SELECT date_trunc(of_unit, from_at, 'UTC') WHERE from_at > date_trunc(of_unit, from_at, 'UTC')
      UNION
      SELECT date_trunc(of_unit, end_at, 'UTC') FROM span WHERE end_at > date_trunc(of_unit, end_at, 'UTC')
      UNION
      SELECT t.start_at FROM metrics.activity_totals t
      WHERE t.tenant_id = of_tenant AND t.unit = of_unit AND t.start_at >= from_at AND t.start_at < to_at
      GROUP BY 1 HAVING count(*) > 1
    )
    SELECT t.start_at, t.users, t.events FROM metrics.activity_totals t
    WHERE t.tenant_id = of_tenant AND t.unit = of_unit AND t.start_at >= from_at AND t.start_at < to_at
      AND t.start_at NOT IN (SELECT c.start_at FROM counted c)
    UNION ALL
    SELECT c.start_at, count(*), sum(u.events)::bigint
    FROM counted c, span, LATERAL (
      SELECT sum(a.events) AS events FROM metrics.activity_between(
        of_tenant, greatest(c.start_at, from_at), least(c.start_at + CASE of_unit WHEN 'day' THEN interval '24 hours' ELSE interval '1 hour' END, end_at),
        of_unit = 'day') a
      GROUP BY a.user_id
    ) u
    GROUP BY 1
  $$;
ALTER FUNCTION metrics.activity_trend(text, timestamptz, timestamptz, text) OWNER TO metrics_owner;
