ALTER TABLE metrics.tenants DROP COLUMN own_retention_days;
