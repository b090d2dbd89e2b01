import type { JsonRpcId } from "../../domain/json-rpc.ts";
import type { CallScope } from "./call-registry.ts";

/**
 * Requests of servers (elicitation, sampling) that their clients have not answered. While one is open in a session,
 * its server waits for the client, and perhaps for a person: over which of its streams it was asked says nothing
 * about the call that caused it, so all calls of the session are excused.
 */
export interface OpenQuestions {
  asked(scope: CallScope, id: JsonRpcId): void;
  /** Answered by the client, or taken back by the server. */
  closed(scope: CallScope, id: JsonRpcId): void;
  /** `performance.now()` time up to which the server had a reason to be silent; now, while a question is open. */
  excusedUntil(scope: CallScope): number;
}

/** A server that asks without end is excused no longer than by its last questions. */
const MAX_QUESTIONS = 64;
const MAX_SESSIONS = 10_000;

export function createOpenQuestions(): OpenQuestions {
  const sessions = new Map<string, { readonly open: Set<JsonRpcId>; closedAt: number }>();

  return {
    asked({ key, exclusive }, id) {
      // Without a session nothing says whose answer belongs to which question.
      if (!exclusive) {
        return;
      }
      const session = sessions.get(key) ?? { open: new Set(), closedAt: Number.NEGATIVE_INFINITY };
      // The session that has asked nothing for the longest time comes first.
      sessions.delete(key);
      sessions.set(key, session);
      session.open.add(id);
      forgetOldest(session.open, MAX_QUESTIONS);
      forgetOldest(sessions, MAX_SESSIONS);
    },
    closed({ key }, id) {
      const session = sessions.get(key);
      if (session?.open.delete(id) === true) {
        session.closedAt = performance.now();
      }
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
