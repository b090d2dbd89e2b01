DROP FUNCTION metrics.activity_trend(text, timestamptz, timestamptz, text), metrics.score_sums_between(text, timestamptz, timestamptz, boolean),
  metrics.end_of_span(text, text, timestamptz);
DROP FUNCTION metrics.total_activity(), metrics.total_scores() CASCADE;
DROP TABLE metrics.activity_totals, metrics.score_totals;
