import type { JsonRpcId } from "../../domain/json-rpc.ts";
import type { CallScope } from "./call-registry.ts";

/**
 * Requests of servers (elicitation, sampling) to which their clients have not responded. While one is open in a session,
 * its server waits for the client, and perhaps for a person: over which of its streams it came says nothing about the
 * call that caused it, so all calls of the session are excused.
 */
export interface OpenServerRequests {
  opened(scope: CallScope, id: JsonRpcId): void;
  /** The client has responded, or the server has taken it back. Whether it was open here. */
  closed(scope: CallScope, id: JsonRpcId): boolean;
  /** `performance.now()` time up to which the server had a reason to be silent; now, while a request is open. */
  excusedUntil(scope: CallScope): number;
}

/** A server that sends requests without end is excused no longer than by its last ones. */
const MAX_REQUESTS = 64;
const MAX_SESSIONS = 10_000;

export function createOpenServerRequests(): OpenServerRequests {
  const sessions = new Map<string, { readonly open: Set<JsonRpcId>; closedAt: number }>();

  return {
    opened({ key, exclusive }, id) {
      // Without a session nothing says which response belongs to which request.
      if (!exclusive) {
        return;
      }
      const session = sessions.get(key) ?? { open: new Set(), closedAt: Number.NEGATIVE_INFINITY };
      // The session without a request for the longest time comes first.
      sessions.delete(key);
      sessions.set(key, session);
      session.open.add(id);
      forgetOldest(session.open, MAX_REQUESTS);
      forgetOldest(sessions, MAX_SESSIONS);
    },
    closed({ key }, id) {
      const session = sessions.get(key);
      if (session?.open.delete(id) !== true) {
        return false;
      }
      session.closedAt = performance.now();
      return true;
    },
    excusedUntil({ key }) {
      const session = sessions.get(key);
      if (session === undefined) {
        return Number.NEGATIVE_INFINITY;
      }
      return session.open.size > 0 ? performance.now() : session.closedAt;
    },
  };
}

function forgetOldest<K>(kept: Map<K, unknown> | Set<K>, max: number): void {
  const [oldest] = kept.keys();
  if (kept.size > max && oldest !== undefined) {
    kept.delete(oldest);
  }
}
