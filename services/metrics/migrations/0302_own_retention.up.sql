-- Days that a tenant wants its raw events kept, within what the platform keeps them; NULL: as long as that.
ALTER TABLE metrics.tenants ADD COLUMN own_retention_days integer CHECK (own_retention_days BETWEEN 1 AND 36500);
