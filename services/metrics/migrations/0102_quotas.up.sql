-- Events that a tenant may send in a day (UTC); NULL: as many as it likes, and none are counted.
ALTER TABLE metrics.tenants ADD COLUMN events_per_day bigint CHECK (events_per_day > 0);

CREATE TABLE metrics.daily_usage (
  tenant_id text NOT NULL,
  day date NOT NULL,
  events bigint NOT NULL,
  PRIMARY KEY (tenant_id, day)
);
CALL metrics.protect('daily_usage', 'SELECT, INSERT, UPDATE');
