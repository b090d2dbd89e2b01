DROP FUNCTION metrics.scores_between(text, timestamptz, timestamptz, boolean);
DROP FUNCTION metrics.activity_between(text, timestamptz, timestamptz, boolean);
DROP FUNCTION metrics.span_of(text, text, timestamptz, timestamptz, boolean);
DROP VIEW metrics.classified_scores;
DROP INDEX metrics.ix_rollup_marks_hour;
REVOKE SELECT ON metrics.rollup_marks FROM metrics_service;
DROP TABLE metrics.rollup_states, metrics.score_days, metrics.score_hours, metrics.activity_days, metrics.activity_hours;
