-- `event_key` is what the sender calls the event, as 128 bits: sent again it meets its own row, and is counted once.
CREATE TABLE metrics.activity_events (
  tenant_id text NOT NULL,
  event_key uuid NOT NULL,
  user_id text NOT NULL,
  activity_type text NOT NULL,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  attributes jsonb,
  PRIMARY KEY (tenant_id, event_key)
);
CREATE INDEX ix_activity_events_time ON metrics.activity_events (tenant_id, occurred_at);
CREATE INDEX ix_activity_events_user ON metrics.activity_events (tenant_id, user_id, occurred_at);
CALL metrics.protect('activity_events', 'SELECT, INSERT, DELETE');

CREATE TABLE metrics.productivity_scores (
  tenant_id text NOT NULL,
  event_key uuid NOT NULL,
  user_id text NOT NULL,
  -- As they were when the score was given, for comparisons by role and team.
  user_role text,
  team text,
  score real NOT NULL CHECK (score BETWEEN 0 AND 100),
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  attributes jsonb,
  PRIMARY KEY (tenant_id, event_key)
);
CREATE INDEX ix_productivity_scores_time ON metrics.productivity_scores (tenant_id, occurred_at);
CREATE INDEX ix_productivity_scores_user ON metrics.productivity_scores (tenant_id, user_id, occurred_at);
CALL metrics.protect('productivity_scores', 'SELECT, INSERT, DELETE');

-- Written in the transaction that inserts events: which hours of a tenant have changed. Roll-ups take the marks and count these
-- hours anew, in one transaction, so that what is late or repeated is right. Rows are only added, so that no two senders wait
-- for each other.
CREATE TABLE metrics.rollup_marks (
  mark_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('activity', 'score')),
  hour timestamptz NOT NULL
);
CALL metrics.protect('rollup_marks', 'INSERT');

-- What was responded to a request with an Idempotency-Key, written in the transaction of its events.
CREATE TABLE metrics.idempotency_keys (
  tenant_id text NOT NULL,
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
  -- Of the request: the same key with another body is refused.
  request_sha256 bytea NOT NULL,
  response jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, key)
);
CREATE INDEX ix_idempotency_keys_age ON metrics.idempotency_keys (created_at);
CALL metrics.protect('idempotency_keys', 'SELECT, INSERT');
