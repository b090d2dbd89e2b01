DROP TABLE metrics.idempotency_keys, metrics.rollup_marks, metrics.productivity_scores, metrics.activity_events;
