DROP TABLE metrics.daily_usage;
ALTER TABLE metrics.tenants DROP COLUMN events_per_day;
