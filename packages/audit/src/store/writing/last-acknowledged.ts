import type pg from "pg";
import type { AuditObserver, NewlyStoredEvent } from "../../observer.ts";

/**
 * The newest event that this process acknowledged, held against each database that it connects to. A standby that took over
 * without the last commits, or a backup in the place of the database, goes on as if they had never been: its numbers go
 * back, the next events get them again, and no later check of the log can know what stood there.
 */
export interface LastAcknowledged {
  /** Call before the callers of these events hear of them. */
  note(events: readonly NewlyStoredEvent[]): void;
  /** Tells the observer, once, when the database has not got the event. Call on each new connection, before it is used. */
  check(client: pg.ClientBase): Promise<void>;
}

interface Row {
  readonly next_seq: string;
  readonly is_standby: boolean;
  readonly is_there: boolean;
  readonly is_replaced: boolean;
}

/** What retention dropped is missing, too, but no other event has its number, and the numbers went on. */
const LOOK = `
  SELECT next_seq, pg_is_in_recovery() AS is_standby,
    EXISTS (SELECT FROM gateway_audit_events WHERE id = $1 AND "timestamp" = $2 AND seq = $3) AS is_there,
    EXISTS (SELECT FROM gateway_audit_events WHERE seq = $3 AND id <> $1) AS is_replaced
  FROM gateway_audit_head`;

export function createLastAcknowledged(storeSetBack: AuditObserver["storeSetBack"]): LastAcknowledged {
  let newest: { readonly id: string; readonly timestamp: string; readonly seq: bigint } | null = null;
  return {
    note(events) {
      const last = events.at(-1);
      if (last !== undefined && (newest === null || last.seq > newest.seq)) {
        const { id, timestamp } = last.event;
        newest = { id, timestamp, seq: last.seq };
      }
    },
    async check(client) {
      const asked = newest;
      if (asked === null) {
        return;
      }
      const { id, timestamp, seq } = asked;
      const { rows } = await client.query<Row>(LOOK, [id, timestamp, seq]);
      const [row] = rows;
      // A standby may be behind, and takes no event. A head without its row numbers none: the writer says so.
      if (row === undefined || row.is_standby || row.is_there) {
        return;
      }
      const nextSeq = BigInt(row.next_seq);
      if (nextSeq > seq && !row.is_replaced) {
        return;
      }
      // Each connection of this process finds the same.
      if (newest === asked) {
        newest = null;
        storeSetBack({ id, seq, nextSeq });
      }
    },
  };
}
