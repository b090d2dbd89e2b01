import type { Queryable } from "../../postgres/queryable.ts";
import { toDeliverableEvent, type DeliverableEvent } from "../audit-events/deliverable-event.ts";
import { LostLeadershipError, type DestinationRow, type Ledger } from "../engine/ports/ledger.ts";
import {
  ADVANCE,
  CHECKPOINTED,
  READ_REPLAYS,
  REFUSED_AGAIN,
  REPLAYED,
  REPORT_STATE,
  VIEW,
} from "./statements.ts";

interface ViewRow {
  readonly name: string | null;
  readonly enabled: boolean;
  readonly cursor_seq: string;
  readonly paused: boolean;
  readonly flush_to: string;
  readonly resumes: string;
  readonly quarantined: string;
  readonly replays: boolean;
  readonly refused_in_row: number;
  readonly checkpoint_size: string;
  readonly head: string;
}

/** The ledger in PostgreSQL. Each call is one statement, so that destinations can share a session. */
export function createPostgresLedger(session: Queryable): Ledger<DeliverableEvent> {
  return {
    async view() {
      const { rows } = await session.query<ViewRow>({ name: "audit-delivery-view", text: VIEW, values: [] });
      const destinations = rows.flatMap((row) =>
        row.name === null ? [] : [toDestination({ ...row, name: row.name })],
      );
      return { head: Number(rows[0]?.head ?? 0), destinations };
    },
    async advance(name, { from, to, acknowledged, sent, purged, quarantined }, refusals) {
      const { rowCount } = await session.query({
        name: "audit-delivery-advance",
        text: ADVANCE,
        values: [
          name,
          from,
          to,
          acknowledged,
          purged,
          quarantined.map(({ event }) => event.seq),
          quarantined.map(({ event }) => event.id),
          quarantined.map(({ event }) => storable(event.canonical)),
          quarantined.map(({ reason }) => storable(reason)),
          sent,
          refusals.inRow,
          refusals.resumes,
          quarantined.map(({ event }) => tenantOf(event)),
        ],
      });
      if (rowCount !== 1) {
        throw new LostLeadershipError(`the cursor of ${name} is no longer at ${from}`);
      }
    },
    async readReplays(name, limit) {
      const { rows } = await session.query<{ seq: string; event_id: string; canonical: string }>({
        name: "audit-delivery-read-replays",
        text: READ_REPLAYS,
        values: [name, limit],
      });
      return rows.map(({ seq, event_id, canonical }) => toDeliverableEvent(Number(seq), event_id, canonical));
    },
    async replayed(name, events, as) {
      const values = [name, events.map(({ seq }) => seq), as];
      await session.query({ name: "audit-delivery-replayed", text: REPLAYED, values });
    },
    async refusedAgain(name, { seq }, reason) {
      await session.query({
        name: "audit-delivery-refused-again",
        text: REFUSED_AGAIN,
        values: [name, seq, storable(reason)],
      });
    },
    async checkpointed(name, size) {
      await session.query({ name: "audit-delivery-checkpointed", text: CHECKPOINTED, values: [name, size] });
    },
    async reportState(name, { state, reason, nextAttemptAt, awaiting }) {
      await session.query({
        name: "audit-delivery-report-state",
        text: REPORT_STATE,
        values: [
          name,
          state,
          reason === null ? null : storable(reason),
          nextAttemptAt === null ? null : new Date(nextAttemptAt),
          awaiting?.events ?? 0,
          awaiting === null ? null : new Date(awaiting.since),
        ],
      });
    },
  };
}

/** `null` also where the event's text cannot be read: callers who are bound to a tenant do not see it then. */
function tenantOf(event: DeliverableEvent): string | null {
  try {
    const { tenant_id: tenant } = event.record;
    return typeof tenant === "string" ? storable(tenant) : null;
  } catch {
    return null;
  }
}

/** PostgreSQL's text holds no NUL, which a record that was tampered with may: it must not stop those after it. */
function storable(text: string): string {
  return text.replaceAll("\0", "\uFFFD");
}

function toDestination(row: ViewRow & { readonly name: string }): DestinationRow {
  return {
    name: row.name,
    enabled: row.enabled,
    cursor: Number(row.cursor_seq),
    paused: row.paused,
    flushTo: Number(row.flush_to),
    resumes: Number(row.resumes),
    replaysWaiting: row.replays,
    quarantined: Number(row.quarantined),
    refusedInRow: row.refused_in_row,
    checkpointSize: Number(row.checkpoint_size),
  };
}
