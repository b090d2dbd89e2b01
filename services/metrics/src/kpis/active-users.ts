// Active users to the millisecond, without a look at each event. Roll-ups, with what marks add, say who was active in which hour and day, and
// so decide for most; of a user who was seen in a begun hour or day alone, the one event that decides is looked up by the user. What
// lies ahead of now is subtracted: senders' clocks may be ahead, and little is.

/** Times of a moment, `$2` (Unix milliseconds): a window without its begin is one that begins a millisecond later. */
const UNTIL = "to_timestamp(($2::bigint + 1) / 1000.0)";
const MOMENT = `moment AS MATERIALIZED (
  SELECT until, until - interval '1 hour' AS hour_ago, until - interval '24 hours' AS day_ago, until - interval '168 hours' AS week_ago,
         date_trunc('hour', until, 'UTC') AS hour, date_trunc('day', until, 'UTC') AS day,
         date_trunc('day', until - interval '168 hours', 'UTC') AS first_day,
         date_trunc('day', until - interval '144 hours' - interval '1 microsecond', 'UTC') AS first_whole_day
  FROM (SELECT ${UNTIL} AS until) AS m
)`;

/** Whether the user `u` has an event in it. A scalar, so that it is asked for those alone for whom nothing else decides. */
const hasEvent = (from: string, to: string) => `(
    SELECT true FROM metrics.activity_events e
    WHERE e.tenant_id = $1 AND e.user_id = u.user_id AND e.occurred_at >= ${from} AND e.occurred_at < ${to} LIMIT 1
  )`;

/** Of the begun hour whose events were deleted, if it is, the whole counts; retention deletes before its horizon alone. */
const wasSettled = (from: string, to: string) => `u.user_id IN (
    SELECT h.user_id FROM metrics.activity_hours h, moment m
    WHERE h.tenant_id = $1 AND h.part = 'settled' AND h.hour >= date_trunc('hour', m.${from}, 'UTC') AND h.hour < m.${to}
      AND h.hour < (SELECT horizon FROM metrics.retention_states WHERE tenant_id = $1)
  )`;

/**
 * What is ahead has its bounds written out: PostgreSQL then knows that this is little, and looks it up by time. Of bounds that it cannot
 * know it took a ninth of all events, and went through those of each user.
 *
 * Expressions of a `WITH` that end in `active`, with one row: `users` of the last hour, day and week, and `events` of the last hour. Of the
 * tenant `$1` at the moment `$2`.
 */
export const ACTIVE_USERS = `${MOMENT}, ahead AS MATERIALIZED (
  SELECT e.user_id, count(*) AS today, count(*) FILTER (WHERE e.occurred_at < m.hour + interval '1 hour') AS this_hour
  FROM moment m, metrics.activity_events e
  WHERE e.tenant_id = $1 AND e.occurred_at >= ${UNTIL} AND e.occurred_at < date_trunc('day', ${UNTIL}, 'UTC') + interval '24 hours'
  GROUP BY 1
), by_hours AS MATERIALIZED (
  SELECT a.user_id, coalesce(sum(a.events) FILTER (WHERE a.start_at >= m.hour), 0) AS this_hour,
         coalesce(sum(a.events) FILTER (WHERE a.start_at < m.hour), 0) AS hour_before
  FROM moment m, metrics.activity_between($1, m.hour - interval '1 hour', m.hour + interval '1 hour', false) a
  GROUP BY 1
), by_days AS MATERIALIZED (
  SELECT a.user_id, coalesce(sum(a.events) FILTER (WHERE a.start_at >= m.day), 0) AS today,
         bool_or(a.start_at < m.day AND a.start_at >= m.day - interval '24 hours') AS yesterday,
         bool_or(a.start_at < m.day AND a.start_at >= m.first_whole_day) AS on_whole_day
  FROM moment m, metrics.activity_between($1, m.first_day, m.day + interval '24 hours', true) a
  GROUP BY 1
), of_hour AS (
  SELECT count(*) FILTER (WHERE CASE
    WHEN u.this_hour > coalesce(a.this_hour, 0) THEN true
    WHEN u.hour_before = 0 THEN false
    WHEN ${wasSettled("hour_ago", "hour")} THEN true
    ELSE ${hasEvent("m.hour_ago", "m.hour")}
  END)::float8 AS users, coalesce(sum(u.this_hour), 0) - coalesce(sum(a.this_hour), 0) AS this_hour, coalesce(sum(u.hour_before), 0) AS hour_before
  FROM moment m, by_hours u LEFT JOIN ahead a USING (user_id)
), of_days AS (
  SELECT count(*) FILTER (WHERE CASE
    WHEN is_today THEN true
    WHEN NOT u.yesterday THEN false
    WHEN ${wasSettled("day_ago", "day")} THEN true
    ELSE ${hasEvent("m.day_ago", "m.day")}
  END)::float8 AS day_users, count(*) FILTER (WHERE CASE
    WHEN is_today OR u.on_whole_day THEN true
    WHEN ${wasSettled("week_ago", "first_whole_day")} THEN true
    ELSE ${hasEvent("m.week_ago", "m.first_whole_day")}
  END)::float8 AS week_users
  FROM moment m, (SELECT d.*, d.today > coalesce(a.today, 0) AS is_today FROM by_days d LEFT JOIN ahead a USING (user_id)) AS u
), active AS (
  SELECT ARRAY[h.users, d.day_users, d.week_users] AS users, (h.this_hour + CASE
    -- Of the hour before, the part that has fewer events is counted.
    WHEN m.until - m.hour < interval '30 minutes' THEN h.hour_before - (
      SELECT count(*) FROM metrics.activity_events e
      WHERE e.tenant_id = $1 AND e.occurred_at >= m.hour - interval '1 hour' AND e.occurred_at < m.hour_ago
    )
    ELSE (
      SELECT count(*) FROM metrics.activity_events e WHERE e.tenant_id = $1 AND e.occurred_at >= m.hour_ago AND e.occurred_at < m.hour
    ) + (
      SELECT coalesce(sum(events), 0) FROM metrics.activity_hours
      WHERE tenant_id = $1 AND hour = m.hour - interval '1 hour' AND part = 'settled'
    )
  END)::float8 AS events
  FROM moment m, of_hour h, of_days d
)`;
