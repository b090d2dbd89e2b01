-- Raw rows before this moment are deleted, or will be: events of before are refused, as a repeated one would be counted again.
-- It is announced some time before anything is deleted, so that each replica knows it by then.
CREATE TABLE metrics.retention_states (
  tenant_id text PRIMARY KEY,
  horizon timestamptz NOT NULL,
  announced_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CALL metrics.protect('retention_states', 'SELECT');

-- Who asked for which person's data to be deleted, and why. When it is done the person's id is deleted here, too: the provable
-- log has it.
CREATE TABLE metrics.erasures (
  tenant_id text NOT NULL,
  erasure_id uuid NOT NULL,
  user_id text,
  requested_by text NOT NULL,
  reason text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  completed_at timestamptz,
  deleted_rows bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, erasure_id),
  CHECK ((user_id IS NULL) = (completed_at IS NOT NULL))
);
CREATE INDEX ix_erasures_open ON metrics.erasures (tenant_id, requested_at) WHERE completed_at IS NULL;
CALL metrics.protect('erasures', 'SELECT, INSERT');
