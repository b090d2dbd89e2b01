import type { Queryable } from "../../postgres/queryable.ts";
import type { Quarantine, QuarantinedEvent } from "../engine/ports/quarantine.ts";

const MAX_PAGE = 1_000;

const LIST = `
  SELECT destination, seq, event_id, reason, attempts, quarantined_at, replay_requested_at, canonical
  FROM audit_quarantine
  WHERE destination = $1 AND seq > $2 AND ($4::text IS NULL OR tenant_id = $4) ORDER BY seq LIMIT $3`;

const REPLAY = `
  UPDATE audit_quarantine SET replay_requested_at = now()
  WHERE destination = $1 AND ($2::bigint[] IS NULL OR seq = ANY ($2)) AND ($3::text IS NULL OR tenant_id = $3)`;

const DISCARD = `
  WITH discarded AS (
    DELETE FROM audit_quarantine
    WHERE destination = $1 AND ($2::bigint[] IS NULL OR seq = ANY ($2)) AND ($3::text IS NULL OR tenant_id = $3)
    RETURNING seq
  ), counted AS (
    UPDATE audit_destinations SET discarded = discarded + (SELECT count(*) FROM discarded) WHERE name = $1
  )
  SELECT count(*)::int AS events FROM discarded`;

/** Lists and replays events that destinations refused, through the database. */
export function createQuarantine(queryable: Queryable): Quarantine {
  return {
    async list(destination, { afterSeq = -1, limit = 100, tenant } = {}) {
      const { rows } = await queryable.query<QuarantineRow>({
        name: "audit-quarantine-list",
        text: LIST,
        values: [destination, afterSeq, Math.min(limit, MAX_PAGE), tenant ?? null],
      });
      return rows.map(toQuarantined);
    },
    async replay({ destination, seqs, tenant }) {
      const values = [destination, seqs ?? null, tenant ?? null];
      const { rowCount } = await queryable.query({ name: "audit-quarantine-replay", text: REPLAY, values });
      return rowCount ?? 0;
    },
    async discard({ destination, seqs, tenant }) {
      const values = [destination, seqs ?? null, tenant ?? null];
      const { rows } = await queryable.query<{ events: number }>({
        name: "audit-quarantine-discard",
        text: DISCARD,
        values,
      });
      return rows[0]?.events ?? 0;
    },
  };
}

interface QuarantineRow {
  readonly destination: string;
  readonly seq: string;
  readonly event_id: string;
  readonly reason: string;
  readonly attempts: number;
  readonly quarantined_at: Date;
  readonly replay_requested_at: Date | null;
  readonly canonical: string;
}

function toQuarantined(row: QuarantineRow): QuarantinedEvent {
  return {
    destination: row.destination,
    seq: Number(row.seq),
    eventId: row.event_id,
    reason: row.reason,
    attempts: row.attempts,
    quarantinedAt: row.quarantined_at,
    replayRequestedAt: row.replay_requested_at,
    canonical: row.canonical,
  };
}
