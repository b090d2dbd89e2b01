import type { AuditLog } from "@sark/audit";
import { createSessionEnds } from "../governance/session-ends.ts";
import type { McpObserver } from "../mcp/contract/observer.ts";
import type { SessionBinding } from "../mcp/session/binding.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { UpstreamObserver } from "../upstreams/contract/observer.ts";

/** The observers of both ways in which a session can end, each end also put on the audit record. */
export function recordSessionEnds(
  audit: Pick<AuditLog, "record">,
  binding: Pick<SessionBinding, "fingerprint">,
  telemetry: Pick<Telemetry, "mcp" | "upstream" | "logger">,
): { readonly mcp: McpObserver; readonly upstream: UpstreamObserver } {
  const ended = createSessionEnds(audit, ({ server, session, reason }, error) => {
    const fields = { component: "gateway", server, session, reason, error };
    telemetry.logger.error(fields, "the end of a session could not be recorded");
  });
  return {
    mcp: {
      ...telemetry.mcp,
      sessionEnded(event) {
        telemetry.mcp.sessionEnded(event);
        ended(event);
      },
    },
    upstream(server, event) {
      telemetry.upstream(server, event);
      if (event.type !== "session_closed" || event.caller === null) {
        return;
      }
      const { caller, reason, sessionId } = event;
      ended({ server, caller, reason, session: binding.fingerprint(server, caller.principal, sessionId) });
    },
  };
}
