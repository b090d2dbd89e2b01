-- Of a person, one erasure at a time: completed ones have no `user_id`. Where two are under way, the first one does the work of both.
UPDATE metrics.erasures e SET completed_at = now(), user_id = NULL
  WHERE e.completed_at IS NULL AND EXISTS (
    SELECT FROM metrics.erasures f
    WHERE f.tenant_id = e.tenant_id AND f.user_id = e.user_id
      AND (f.requested_at, f.erasure_id) < (e.requested_at, e.erasure_id)
  );
CREATE UNIQUE INDEX ix_erasures_person ON metrics.erasures (tenant_id, user_id) WHERE completed_at IS NULL;

-- What is deleted when it has been kept for long enough.
CREATE INDEX ix_erasures_completed ON metrics.erasures (completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX ix_daily_usage_day ON metrics.daily_usage (day);
