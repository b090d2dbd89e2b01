UPDATE audit_destinations
SET acknowledged = acknowledged + sent,
    last_acknowledged_at = greatest(last_acknowledged_at, last_sent_at);
ALTER TABLE audit_destinations
  DROP COLUMN sent,
  DROP COLUMN last_sent_at,
  DROP COLUMN refused_in_row,
  DROP COLUMN next_attempt_at,
  DROP COLUMN awaiting,
  DROP COLUMN awaiting_since,
  DROP COLUMN checkpoint_size;
