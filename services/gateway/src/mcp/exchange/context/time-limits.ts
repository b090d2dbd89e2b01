import type { TimeLimits } from "../../deadline/idle-clock.ts";
import type { RequestContext } from "./request-context.ts";

/** Of requests: silence counts, unless the server waits for its client. */
export function timeLimitsOf(context: RequestContext): TimeLimits {
  const { parts } = context;
  const scope = context.scope;
  return {
    idleMs: idleLimitMs(context),
    endsAt: performance.now() + parts.limits.maxRequestMs,
    excusedUntil: () => parts.serverRequests.excusedUntil(scope),
  };
}

/** Of what is accepted at once: notifications, responses, the end of a session. */
export function briefTimeLimits(context: RequestContext): TimeLimits {
  return {
    idleMs: idleLimitMs(context),
    endsAt: Number.POSITIVE_INFINITY,
    excusedUntil: () => Number.NEGATIVE_INFINITY,
  };
}

/** How long a server may be silent about a request. Its own setting comes before the one for all. */
export function idleLimitMs({ parts, upstream }: RequestContext): number {
  return upstream.requestTimeoutMs ?? parts.limits.requestTimeoutMs;
}
