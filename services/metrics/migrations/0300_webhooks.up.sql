-- Where a tenant wants to be told of events. Secrets are read in transactions of the platform alone: the service has no right to
-- select them as a tenant.
CREATE TABLE metrics.webhooks (
  tenant_id text NOT NULL REFERENCES metrics.tenants ON DELETE CASCADE,
  webhook_id uuid NOT NULL,
  url text NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
  description text CHECK (length(description) BETWEEN 1 AND 200),
  events text[] NOT NULL CHECK (cardinality(events) <= 20),
  secret bytea NOT NULL CHECK (length(secret) = 32),
  -- After a rotation messages are signed with this one, too, until then.
  previous_secret bytea CHECK (length(previous_secret) = 32),
  previous_until timestamptz,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  disabled_at timestamptz,
  disabled_reason text CHECK (disabled_reason IN ('requested', 'failing', 'withdrawn')),
  -- In a row, up to now; nothing is sent until `held_until`.
  failures integer NOT NULL DEFAULT 0,
  failing_since timestamptz,
  held_until timestamptz,
  PRIMARY KEY (tenant_id, webhook_id),
  CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
);
CALL metrics.protect('webhooks', 'INSERT, UPDATE, DELETE');
GRANT SELECT (tenant_id, webhook_id, url, description, events, previous_until, created_by, created_at, disabled_at,
              disabled_reason, failures, failing_since, held_until) ON metrics.webhooks TO metrics_service;

-- KPIs that a webhook is told of when they cross a bound, in either direction.
CREATE TABLE metrics.webhook_thresholds (
  tenant_id text NOT NULL,
  webhook_id uuid NOT NULL,
  kpi text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('above', 'below')),
  bound double precision NOT NULL,
  is_crossed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant_id, webhook_id, kpi, direction),
  FOREIGN KEY (tenant_id, webhook_id) REFERENCES metrics.webhooks ON DELETE CASCADE
);
CALL metrics.protect('webhook_thresholds', 'SELECT, INSERT, DELETE');

-- Written in the transaction of what it tells. The body is kept as text: each attempt sends the same bytes.
CREATE TABLE metrics.webhook_events (
  tenant_id text NOT NULL REFERENCES metrics.tenants ON DELETE CASCADE,
  event_id uuid NOT NULL,
  event_type text NOT NULL,
  body text NOT NULL CHECK (octet_length(body) <= 65536),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, event_id)
);
CREATE INDEX ix_webhook_events_age ON metrics.webhook_events (created_at);
CALL metrics.protect('webhook_events', 'SELECT, INSERT');

CREATE TABLE metrics.webhook_deliveries (
  tenant_id text NOT NULL,
  webhook_id uuid NOT NULL,
  event_id uuid NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts integer NOT NULL DEFAULT 0,
  -- While it is sent: when another process may take it for lost.
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  last_attempt_at timestamptz,
  last_result text,
  last_status integer,
  delivered_at timestamptz,
  PRIMARY KEY (tenant_id, webhook_id, event_id),
  FOREIGN KEY (tenant_id, webhook_id) REFERENCES metrics.webhooks ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, event_id) REFERENCES metrics.webhook_events ON DELETE CASCADE
);
CREATE INDEX ix_webhook_deliveries_due ON metrics.webhook_deliveries (next_attempt_at) WHERE state = 'pending';
CREATE INDEX ix_webhook_deliveries_event ON metrics.webhook_deliveries (tenant_id, event_id);
CALL metrics.protect('webhook_deliveries', 'SELECT, INSERT, UPDATE');

-- That a tenant was told of its quota, once a day for each.
CREATE TABLE metrics.quota_notices (
  tenant_id text NOT NULL REFERENCES metrics.tenants ON DELETE CASCADE,
  day date NOT NULL,
  notice text NOT NULL CHECK (notice IN ('near', 'exceeded')),
  PRIMARY KEY (tenant_id, day, notice)
);
CALL metrics.protect('quota_notices', 'SELECT');
