import type { AuditLog } from "@sark/audit";
import type { Sessions } from "../domain/sessions.ts";
import { createSessionEnds, type EndedSession } from "../governance/session-ends.ts";
import type { McpObserver } from "../mcp/contract/observer.ts";
import type { SessionBinding } from "../mcp/session/binding.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { UpstreamObserver } from "../upstreams/contract/observer.ts";

/** Puts the end of a session on the audit record, once, whichever part of the gateway says so first. */
export function recordSessionEnds(
  audit: Pick<AuditLog, "record">,
  telemetry: Pick<Telemetry, "sessions">,
): (ended: EndedSession) => void {
  return createSessionEnds(audit, telemetry.sessions.endNotRecorded);
}

/** The observers of the ways in which clients and servers end sessions. */
export function observeSessionEnds(deps: {
  record(ended: EndedSession): void;
  readonly sessions: Pick<Sessions, "over">;
  readonly binding: Pick<SessionBinding, "fingerprint">;
  readonly telemetry: Pick<Telemetry, "mcp" | "upstream">;
}): { readonly mcp: McpObserver; readonly upstream: UpstreamObserver } {
  const { record, sessions, binding, telemetry } = deps;
  return {
    mcp: {
      ...telemetry.mcp,
      sessionEnded(event) {
        telemetry.mcp.sessionEnded(event);
        record(event);
      },
    },
    upstream(server, event) {
      telemetry.upstream(server, event);
      if (event.type !== "session_closed" || event.caller === null) {
        return;
      }
      const { caller, reason, sessionId } = event;
      const session = binding.fingerprint(server, caller.principal, sessionId);
      // Another replica may have ended it, and has told of it then.
      void Promise.resolve(sessions.over(session, reason)).then((first) => {
        if (first) {
          record({ server, caller, reason, session });
        }
      });
    },
  };
}
