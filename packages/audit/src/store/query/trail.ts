import type { StoredEvent } from "../../events/audit-event.ts";
import { readEvents, toStoredEvent } from "./read-events.ts";
import type { Queryable } from "../../postgres/queryable.ts";

/** The most events of one request that are shown; callers choose request ids and may give many calls the same one. */
const MAX_TRAIL = 1_000;

/** One thing that was asked for and what came of it. */
export type TrailStep =
  /** Decided, and nothing was to follow. */
  | { readonly kind: "decision"; readonly event: StoredEvent }
  /** A call that was let through. Without an outcome it still runs, or the process crashed under it. */
  | { readonly kind: "call"; readonly intent: StoredEvent; readonly outcome: StoredEvent | null }
  /** An outcome whose intent is not in this trail: retention has dropped it, or it lies beyond the limit. */
  | { readonly kind: "outcome"; readonly event: StoredEvent };

/** Everything that is recorded of one request. */
export interface Trail {
  readonly requestId: string;
  /** In the order in which they were begun. */
  readonly steps: readonly TrailStep[];
  /** All events, in the order of the log. */
  readonly events: readonly StoredEvent[];
  /** There are more events than a trail shows. */
  readonly truncated: boolean;
}

/** @param tenant only its events: callers choose request ids, and two tenants may choose the same */
export async function readTrail(client: Queryable, requestId: string, tenant?: string): Promise<Trail> {
  // PostgreSQL would refuse the question; no event has such an id.
  if (requestId.includes("\u0000")) {
    return { requestId, steps: [], events: [], truncated: false };
  }
  const { rows, more } = await readEvents(client, {
    where:
      tenant === undefined
        ? { sql: ["gateway_request_id = $1"], values: [requestId] }
        : { sql: ["gateway_request_id = $1", "tenant_id = $2"], values: [requestId, tenant] },
    order: "oldest_first",
    limit: MAX_TRAIL,
  });
  const events = rows.map(toStoredEvent);
  return { requestId, steps: joinSteps(events), events, truncated: more };
}

function joinSteps(events: readonly StoredEvent[]): TrailStep[] {
  const outcomes = new Map<string, StoredEvent>();
  for (const entry of events) {
    const { phase, intent_id } = entry.event;
    // A second outcome of one intent would be a fault of its writer; it is shown as a step of its own.
    if (phase === "outcome" && intent_id !== undefined && !outcomes.has(intent_id)) {
      outcomes.set(intent_id, entry);
    }
  }
  const joined = new Set<StoredEvent>();
  const steps: TrailStep[] = [];
  for (const entry of events) {
    if (entry.event.phase === "intent") {
      const outcome = outcomes.get(entry.event.id) ?? null;
      if (outcome !== null) {
        joined.add(outcome);
      }
      steps.push({ kind: "call", intent: entry, outcome });
    }
  }
  for (const entry of events) {
    if (entry.event.phase === "decision") {
      steps.push({ kind: "decision", event: entry });
    }
    if (entry.event.phase === "outcome" && !joined.has(entry)) {
      steps.push({ kind: "outcome", event: entry });
    }
  }
  return steps.sort((a, b) => beginning(a).seq - beginning(b).seq);
}

function beginning(step: TrailStep): StoredEvent {
  return step.kind === "call" ? step.intent : step.event;
}
