import type { ActivityEvent, IngestEvent, ScoreEvent } from "../domain/ingest.ts";
import { eventKey } from "./event-key.ts";
import type { SentActivity, SentItem, SentScore } from "./event-schemas.ts";

/** Which times events may have. */
export interface TimeBounds {
  readonly maxAgeMs: number;
  /** What is older was deleted, or will be: Unix milliseconds. */
  readonly notBefore: number;
  /** Clocks of senders may be ahead by this much. */
  readonly maxAheadMs: number;
}

/** Why an event that is valid by its form is not taken. */
export class EventRefused extends Error {
  override readonly name = "EventRefused";
  readonly code: "too_old" | "in_the_future";
  readonly field = "occurred_at";

  constructor(code: EventRefused["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export function toActivity(sent: SentActivity, now: number, bounds: TimeBounds): ActivityEvent {
  return { kind: "activity", ...shared(sent, now, bounds), type: sent.type };
}

export function toScore(sent: SentScore, now: number, bounds: TimeBounds): ScoreEvent {
  return {
    kind: "score",
    ...shared(sent, now, bounds),
    // As PostgreSQL keeps it (`real`), so that metrics and live updates have the same classes as KPIs; it refuses what it has no number for.
    score: Math.fround(sent.score),
    role: sent.user_role ?? null,
    team: sent.team ?? null,
  };
}

export function toEvent(sent: SentItem, now: number, bounds: TimeBounds): IngestEvent {
  return sent.kind === "activity" ? toActivity(sent, now, bounds) : toScore(sent, now, bounds);
}

function shared(
  { id, user_id, occurred_at, attributes }: SentActivity | SentScore,
  now: number,
  { maxAgeMs, maxAheadMs, notBefore }: TimeBounds,
) {
  const occurredAt = occurred_at === undefined ? now : Date.parse(occurred_at);
  if (occurredAt > now + maxAheadMs) {
    throw new EventRefused("in_the_future", "occurred_at: is in the future");
  }
  if (occurredAt < Math.max(notBefore, now - maxAgeMs)) {
    throw new EventRefused("too_old", "occurred_at: is older than events that are taken");
  }
  return {
    key: eventKey(id),
    user: user_id,
    occurredAt,
    attributes: attributes === undefined ? null : JSON.stringify(attributes),
  };
}
