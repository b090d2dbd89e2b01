import type { AuditLog, AuditRecord } from "@sark/audit";
import type { Caller } from "../domain/governance.ts";
import type { SessionEndReason } from "../domain/sessions.ts";
import { auditIdentity } from "@sark/authentication";
import { provenanceOf } from "./provenance.ts";
import { SESSION_END } from "./session-events.ts";

/** A session of a caller at a server that is over. */
export interface EndedSession {
  readonly server: string;
  /** The session's fingerprint, as in the records of its calls. */
  readonly session: string;
  /** Who opened it. */
  readonly caller: Caller;
  readonly reason: SessionEndReason;
}

/** Sessions whose end was recorded a while ago can be forgotten: their ids are of no use any more. */
const MAX_REMEMBERED = 10_000;

/**
 * Records the end of sessions, once each. Nothing waits for it, and it does not get lost while the store is down; an end
 * that could not be kept at all is handed to `onLost`.
 */
export function createSessionEnds(
  audit: Pick<AuditLog, "record">,
  onLost: (ended: EndedSession, error: unknown) => void,
): (ended: EndedSession) => void {
  const recorded = new Set<string>();
  return (ended) => {
    const { server, session } = ended;
    const key = JSON.stringify([server, session]);
    if (recorded.has(key)) {
      return;
    }
    const [oldest] = recorded;
    if (recorded.size >= MAX_REMEMBERED && oldest !== undefined) {
      recorded.delete(oldest);
    }
    recorded.add(key);
    audit.record(recordOf(ended), { whenDown: "spool" }).catch((error: unknown) => onLost(ended, error));
  };
}

function recordOf({ server, session, caller, reason }: EndedSession): AuditRecord {
  const { principal, correlationId } = caller;
  return {
    event_type: SESSION_END,
    ...auditIdentity(principal),
    server_name: server,
    decision: "allow",
    reason: `The session of ${principal.id} ended: ${WORDS[reason]}.`,
    timestamp: Date.now() / 1000,
    // Of the request that opened the session, or that found it to be over.
    gateway_request_id: correlationId,
    session_id: session,
    metadata: { reason_code: reason },
    ...provenanceOf(caller),
    ...(principal.tenant === null ? {} : { tenant_id: principal.tenant }),
  };
}

const WORDS: Readonly<Record<SessionEndReason, string>> = {
  deleted: "its client ended it",
  idle: "it was not used for the configured time",
  expired: "it has lasted for the configured time",
  displaced: "another session needed its place",
  ended: "an operator ended it",
  failed: "it could not be opened",
  died: "its server process ended",
  closing: "the gateway was stopped",
  unknown_upstream: "its server knows it no more",
};
