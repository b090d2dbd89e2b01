DROP INDEX metrics.ix_daily_usage_day;
DROP INDEX metrics.ix_erasures_completed;
DROP INDEX metrics.ix_erasures_person;
