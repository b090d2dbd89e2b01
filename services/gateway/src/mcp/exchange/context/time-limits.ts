import type { Patience } from "../../deadline/idle-clock.ts";
import { scopeOf, type Conversation } from "./request-context.ts";

/** For requests: silence counts, unless the server waits for its client. */
export function patienceWith(conversation: Conversation): Patience {
  const { parts } = conversation;
  const scope = scopeOf(conversation);
  return {
    silenceMs: silenceMs(conversation),
    endsAt: performance.now() + parts.limits.maxRequestMs,
    excusedUntil: () => parts.questions.excusedUntil(scope),
  };
}

/** For what is accepted at once: notifications, responses, the end of a session. */
export function briefPatience(conversation: Conversation): Patience {
  return {
    silenceMs: silenceMs(conversation),
    endsAt: Number.POSITIVE_INFINITY,
    excusedUntil: () => Number.NEGATIVE_INFINITY,
  };
}

/** The server's own setting comes before the one for all. */
export function silenceMs({ parts, upstream }: Conversation): number {
  return upstream.requestTimeoutMs ?? parts.limits.requestTimeoutMs;
}
