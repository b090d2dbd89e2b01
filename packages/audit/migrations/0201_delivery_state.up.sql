-- What the status of a destination says beyond its figures, and what must outlive the replica that delivers:
--   sent             events that a receiver took which cannot acknowledge; they are not part of acknowledged
--   refused_in_row   refusals since the last delivered event, or since somebody resumed the destination
--   awaiting         events that were accepted, and whose acknowledgement has not come
--   checkpoint_size  size of the last signed tree that the destination was told of
ALTER TABLE audit_destinations
  ADD COLUMN sent            bigint  NOT NULL DEFAULT 0,
  ADD COLUMN last_sent_at    timestamptz,
  ADD COLUMN refused_in_row  integer NOT NULL DEFAULT 0,
  ADD COLUMN next_attempt_at timestamptz,
  ADD COLUMN awaiting        bigint  NOT NULL DEFAULT 0,
  ADD COLUMN awaiting_since  timestamptz,
  ADD COLUMN checkpoint_size bigint  NOT NULL DEFAULT 0;
UPDATE audit_destinations
SET sent = acknowledged, acknowledged = 0, last_sent_at = last_acknowledged_at, last_acknowledged_at = NULL
WHERE platform = 'syslog';
