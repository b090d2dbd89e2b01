/** All destinations, and the head even where there is none. */
export const VIEW = `
  SELECT h.next_seq AS head, d.name, d.enabled, d.cursor_seq, d.paused_at IS NOT NULL AS paused, d.flush_to, d.resumes,
         d.refused_in_row, d.checkpoint_size,
         -- What the figures leave over; to count them each time would take long where there are many.
         d.cursor_seq - d.start_seq - d.acknowledged - d.sent - d.discarded - d.purged AS quarantined,
         EXISTS (SELECT FROM audit_quarantine q
                 WHERE q.destination = d.name AND q.replay_requested_at IS NOT NULL) AS replays
  FROM gateway_audit_head h LEFT JOIN audit_destinations d ON true`;

/**
 * Cursor and quarantine move together; a cursor that is elsewhere moves nothing. Refusals in a row are written only
 * by a leader that has seen the last resumption, which granted as many again.
 */
export const ADVANCE = `
  WITH moved AS (
    UPDATE audit_destinations
    SET cursor_seq = $3, acknowledged = acknowledged + $4, purged = purged + $5, updated_at = now(),
        last_acknowledged_at = CASE WHEN $4::bigint > 0 THEN now() ELSE last_acknowledged_at END,
        sent = sent + $10, last_sent_at = CASE WHEN $10::bigint > 0 THEN now() ELSE last_sent_at END,
        refused_in_row = CASE WHEN resumes = $12::bigint THEN $11::integer ELSE refused_in_row END
    WHERE name = $1 AND cursor_seq = $2
    RETURNING name
  ), quarantined AS (
    INSERT INTO audit_quarantine (destination, seq, event_id, canonical, reason, tenant_id)
    SELECT moved.name, refused.*
    FROM moved, unnest($6::bigint[], $7::uuid[], $8::text[], $9::text[], $13::text[]) AS refused
  )
  SELECT name FROM moved`;

export const READ_REPLAYS = `
  SELECT seq, event_id, canonical FROM audit_quarantine
  WHERE destination = $1 AND replay_requested_at IS NOT NULL
  ORDER BY seq LIMIT $2`;

export const REPLAYED = `
  WITH replayed AS (
    DELETE FROM audit_quarantine WHERE destination = $1 AND seq = ANY ($2::bigint[]) RETURNING seq
  )
  UPDATE audit_destinations
  SET acknowledged = acknowledged + CASE WHEN $3 = 'acknowledged' THEN (SELECT count(*) FROM replayed) ELSE 0 END,
      sent = sent + CASE WHEN $3 = 'sent' THEN (SELECT count(*) FROM replayed) ELSE 0 END,
      last_acknowledged_at = CASE WHEN $3 = 'acknowledged' THEN now() ELSE last_acknowledged_at END,
      last_sent_at = CASE WHEN $3 = 'sent' THEN now() ELSE last_sent_at END, updated_at = now()
  WHERE name = $1`;

export const REFUSED_AGAIN = `
  UPDATE audit_quarantine
  SET reason = $3, attempts = attempts + 1, replay_requested_at = NULL
  WHERE destination = $1 AND seq = $2`;

export const CHECKPOINTED = `
  UPDATE audit_destinations SET checkpoint_size = greatest(checkpoint_size, $2), updated_at = now() WHERE name = $1`;

export const REPORT_STATE = `
  UPDATE audit_destinations
  SET state = $2, state_reason = $3, updated_at = now(), next_attempt_at = $4::timestamptz, awaiting = $5,
      awaiting_since = $6::timestamptz,
      state_since = CASE WHEN state IS NOT DISTINCT FROM $2 THEN state_since ELSE now() END
  WHERE name = $1`;

/** Starting points of a destination that is new; an old one keeps its own. */
export const REGISTER = `
  INSERT INTO audit_destinations AS d (name, platform, enabled, cursor_seq, start_seq)
  SELECT $1, $2, $3, start.seq, start.seq
  FROM (SELECT CASE
      WHEN $4::text = 'seq' THEN $5::bigint
      WHEN $4::text = 'time' THEN coalesce(
        (SELECT min(seq) FROM gateway_audit_events WHERE "timestamp" >= $6::timestamptz), next_seq)
      ELSE next_seq
    END AS seq FROM gateway_audit_head) AS start
  ON CONFLICT (name) DO UPDATE SET platform = $2, enabled = $3, updated_at = now()`;

export const LEAD = `
  UPDATE audit_destinations SET leader = $2, leader_since = now(), updated_at = now() WHERE name = $1`;

/** One snapshot, so that the figures add up while deliveries go on. */
export const STATUS = `
  SELECT d.name, d.platform, d.enabled, d.start_seq, d.cursor_seq, d.acknowledged, d.discarded, d.purged,
         d.paused_at, d.pause_reason, d.leader, d.state, d.state_reason, d.state_since, d.last_acknowledged_at,
         d.sent, d.last_sent_at, d.next_attempt_at, d.awaiting, d.awaiting_since, d.checkpoint_size,
         h.next_seq AS head,
         (SELECT count(*) FROM audit_quarantine q WHERE q.destination = d.name) AS quarantined,
         (SELECT extract(epoch FROM now() - e.created_at)::float8 FROM gateway_audit_events e
          WHERE e.seq >= d.cursor_seq ORDER BY e.seq LIMIT 1) AS behind_seconds
  FROM audit_destinations d, gateway_audit_head h ORDER BY d.name`;
