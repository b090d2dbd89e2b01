import type { SessionEndReason, SessionRefusal } from "../domain/sessions.ts";

/** What a client is told that comes back to its session. */
const WHY: Readonly<Record<SessionEndReason, string>> = {
  deleted: "its client ended it",
  idle: "it was not used for too long",
  expired: "it has lasted for as long as a session may",
  displaced: "another session of the same caller needed its place",
  ended: "an operator ended it",
  failed: "it was never opened",
  unknown_upstream: "its server knows it no more",
  died: "its server process ended",
  closing: "the gateway was stopped",
};

const LONGEST_RETRY_SECONDS = 60;

export function overBecause(reason: SessionEndReason): SessionRefusal {
  return {
    refused: "over",
    message: `Session not found: ${WHY[reason]}; initialize again`,
    retryAfterSeconds: 0,
  };
}

/** `max`: what the principal may have; `null` where it is the replica that is full. */
export function tooManySessions(max: number | null, retryAfterMs: number): SessionRefusal {
  return {
    refused: "too_many",
    message:
      max === null
        ? "The gateway has as many sessions as it may; try again later."
        : `You have ${max} sessions, which is your limit; end one, or try again later.`,
    retryAfterSeconds: Math.min(LONGEST_RETRY_SECONDS, Math.max(1, Math.ceil(retryAfterMs / 1_000))),
  };
}
