import { parseJson } from "@sark/audit/json";
import type { StoredEvent } from "@sark/audit";
import type { EventPage, OrphanPage, RecordedPayload, Trail } from "@sark/audit/store";

/** An event at its place in the log, as each line of a JSONL export has it. */
export function showEvent({ seq, leafHash, event }: StoredEvent) {
  return { seq, leaf_hash: leafHash, event };
}

export function showPage({ events, nextCursor }: EventPage) {
  return { events: events.map(showEvent), next_cursor: nextCursor };
}

/** Bodies are JSON text in the log; here they are the values themselves. */
export function showPayloads(payloads: readonly RecordedPayload[]) {
  return payloads.map(({ kind, policy, salt, body, erasedAt, erasedBy }) => ({
    kind,
    policy,
    salt,
    value: body === null ? null : parseJson(body, "any"),
    erased_at: erasedAt?.toISOString() ?? null,
    erased_by: erasedBy,
  }));
}

/** Steps name the events by id; the events follow in the order of the log. */
export function showTrail({ requestId, steps, events, truncated }: Trail) {
  return {
    request_id: requestId,
    steps: steps.map((step) =>
      step.kind === "call"
        ? { kind: step.kind, intent_id: step.intent.event.id, outcome_id: step.outcome?.event.id ?? null }
        : { kind: step.kind, event_id: step.event.event.id },
    ),
    events: events.map(showEvent),
    truncated,
  };
}

export function showOrphans({ intents, nextCursor }: OrphanPage, count: number) {
  return { count, intents: intents.map(showEvent), next_cursor: nextCursor };
}
