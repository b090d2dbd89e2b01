import type { DestinationControl, DestinationStatus } from "../engine/ports/destination-control.ts";
import type pg from "pg";
import { isDestinationFree } from "../../postgres/advisory-locks.ts";
import type { Queryable } from "../../postgres/queryable.ts";
import { DeliveryError } from "../domain/errors.ts";
import { STATUS } from "./statements.ts";

/** Steers destinations through the database, in whichever process delivers to them: pause, resume, flush, remove. */
export function createDestinationControl(queryable: Queryable): DestinationControl {
  async function one(
    name: string,
    id: string,
    text: string,
    values: unknown[] = [],
  ): Promise<pg.QueryResultRow> {
    const { rows } = await queryable.query({
      name: `audit-destination-${id}`,
      text,
      values: [name, ...values],
    });
    const [row] = rows;
    if (row === undefined) {
      throw new DeliveryError("unknown_destination", `There is no destination "${name}".`);
    }
    return row;
  }

  async function cursorOf(name: string): Promise<number> {
    const text = "SELECT cursor_seq FROM audit_destinations WHERE name = $1";
    return Number((await one(name, "cursor", text))["cursor_seq"]);
  }

  return {
    async status() {
      const { rows } = await queryable.query<StatusRow>({
        name: "audit-destination-status",
        text: STATUS,
        values: [],
      });
      return rows.map(toStatus);
    },
    async pause(name, reason) {
      const text = `UPDATE audit_destinations SET paused_at = coalesce(paused_at, now()), pause_reason = $2
                    WHERE name = $1 RETURNING name`;
      await one(name, "pause", text, [reason]);
    },
    async resume(name) {
      const text = `UPDATE audit_destinations SET paused_at = NULL, pause_reason = NULL, resumes = resumes + 1,
                      refused_in_row = 0
                    WHERE name = $1 RETURNING name`;
      await one(name, "resume", text);
    },
    async requestFlush(name) {
      const text = `UPDATE audit_destinations SET flush_to = h.next_seq FROM gateway_audit_head h
                    WHERE name = $1 RETURNING h.next_seq`;
      return Number((await one(name, "flush", text))["next_seq"]);
    },
    cursor: cursorOf,
    async remove(name) {
      const { rowCount } = await queryable.query({
        name: "audit-destination-remove",
        text: REMOVE,
        values: [name],
      });
      if (rowCount === 1) {
        return;
      }
      // Throws when there is none: what is left is one that is led.
      await cursorOf(name);
      throw new DeliveryError("destination_in_use", `A replica delivers to the destination "${name}".`);
    },
  };
}

/** The lock is the one that leaders hold as long as they lead; here it ends with the statement. */
const REMOVE = `
  DELETE FROM audit_destinations
  WHERE name = $1 AND ${isDestinationFree("$1")} RETURNING name`;

interface StatusRow {
  readonly name: string;
  readonly platform: string | null;
  readonly enabled: boolean;
  readonly start_seq: string;
  readonly cursor_seq: string;
  readonly acknowledged: string;
  readonly discarded: string;
  readonly purged: string;
  readonly quarantined: string;
  readonly head: string;
  readonly behind_seconds: number | null;
  readonly paused_at: Date | null;
  readonly pause_reason: string | null;
  readonly leader: string | null;
  readonly state: string | null;
  readonly state_reason: string | null;
  readonly state_since: Date | null;
  readonly last_acknowledged_at: Date | null;
  readonly sent: string;
  readonly last_sent_at: Date | null;
  readonly next_attempt_at: Date | null;
  readonly awaiting: string;
  readonly awaiting_since: Date | null;
  readonly checkpoint_size: string;
}

function toStatus(row: StatusRow): DestinationStatus {
  const [startSeq, cursorSeq, head] = [Number(row.start_seq), Number(row.cursor_seq), Number(row.head)];
  // One that is to begin at a number to come has neither.
  const written = Math.max(0, head - startSeq);
  const behind = Math.max(0, head - cursorSeq);
  const settled = [row.acknowledged, row.sent, row.quarantined, row.discarded, row.purged].map(Number);
  const [acknowledged = 0, sent = 0, quarantined = 0, discarded = 0, purged = 0] = settled;
  return {
    name: row.name,
    platform: row.platform,
    enabled: row.enabled,
    startSeq,
    cursorSeq,
    written,
    acknowledged,
    sent,
    quarantined,
    discarded,
    purged,
    behind,
    addsUp: written === acknowledged + sent + quarantined + discarded + purged + behind,
    behindSeconds: Math.max(0, row.behind_seconds ?? 0),
    paused: row.paused_at === null ? null : { since: row.paused_at, reason: row.pause_reason ?? "" },
    leader: row.leader,
    state: row.state,
    stateReason: row.state_reason,
    stateSince: row.state_since,
    nextAttemptAt: row.next_attempt_at,
    awaiting: { events: Number(row.awaiting), since: row.awaiting_since },
    lastAcknowledgedAt: row.last_acknowledged_at,
    lastSentAt: row.last_sent_at,
    checkpointSize: Number(row.checkpoint_size),
  };
}
