-- What deliveries write down of their destinations. For each, at any time:
--   next_seq of the head - start_seq = acknowledged + in quarantine + discarded + purged + (next_seq - cursor_seq)
ALTER TABLE audit_destinations
  ADD COLUMN platform             text,
  ADD COLUMN start_seq            bigint  NOT NULL DEFAULT 0,
  ADD COLUMN acknowledged         bigint  NOT NULL DEFAULT 0,
  ADD COLUMN discarded            bigint  NOT NULL DEFAULT 0,
  ADD COLUMN purged               bigint  NOT NULL DEFAULT 0,
  ADD COLUMN paused_at            timestamptz,
  ADD COLUMN pause_reason         text,
  ADD COLUMN resumes              bigint  NOT NULL DEFAULT 0,
  ADD COLUMN flush_to             bigint  NOT NULL DEFAULT 0,
  ADD COLUMN leader               text,
  ADD COLUMN leader_since         timestamptz,
  ADD COLUMN state                text,
  ADD COLUMN state_reason         text,
  ADD COLUMN state_since          timestamptz,
  ADD COLUMN last_acknowledged_at timestamptz;
UPDATE audit_destinations SET start_seq = cursor_seq;

-- Events that a destination refused for good, with their text, so that they outlive retention until somebody decides.
CREATE TABLE audit_quarantine (
  destination         text        NOT NULL REFERENCES audit_destinations (name) ON DELETE CASCADE,
  seq                 bigint      NOT NULL,
  event_id            uuid        NOT NULL,
  canonical           text        NOT NULL,
  reason              text        NOT NULL,
  attempts            integer     NOT NULL DEFAULT 1,
  quarantined_at      timestamptz NOT NULL DEFAULT now(),
  replay_requested_at timestamptz,
  PRIMARY KEY (destination, seq)
);
CREATE INDEX ix_audit_quarantine_replay ON audit_quarantine (destination, seq) WHERE replay_requested_at IS NOT NULL;
