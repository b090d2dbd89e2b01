-- Intents that no outcome followed in time: the process that made them crashed in between. Found by a scan that
-- goes along `seq`; an outcome that comes late takes its intent out again.
CREATE TABLE gateway_audit_orphaned_intents (
  intent_id   uuid        PRIMARY KEY,
  seq         bigint      NOT NULL,
  "timestamp" timestamptz NOT NULL,
  found_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_gateway_audit_orphaned_intents_seq ON gateway_audit_orphaned_intents (seq);

-- Intents below `scanned_seq` have been judged. Those below `pending_seq` were there at `pending_since` and are judged
-- once the time that calls may take has passed since then, by the clock of the database alone.
CREATE TABLE gateway_audit_intent_scan (
  singleton     boolean     PRIMARY KEY DEFAULT true CHECK (singleton),
  scanned_seq   bigint      NOT NULL DEFAULT 0,
  pending_seq   bigint      NOT NULL DEFAULT 0,
  pending_since timestamptz NOT NULL DEFAULT now()
);
INSERT INTO gateway_audit_intent_scan DEFAULT VALUES;
