import type { GatewayConfig } from "../config/schema.ts";
import type { SessionEndReason } from "../domain/sessions.ts";
import type { SessionLimits } from "../sessions/session-registry.ts";
import { createSessionRegistry, type SessionRegistry } from "../sessions/session-registry.ts";
import type { EndedSession } from "../governance/session-ends.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** The sessions of this replica: their ends are counted, and on record where they have a beginning there. */
export function startSessions(
  config: GatewayConfig["sessions"],
  telemetry: Pick<Telemetry, "sessions">,
  record: (ended: EndedSession) => void,
): SessionRegistry {
  const { sessions: events } = telemetry;
  const registry = createSessionRegistry({
    limits: limitsOf(config),
    observer: {
      ...events,
      sessionOver(event) {
        events.sessionOver(event);
        const { server, fingerprint: session, caller, reason, kind } = event;
        if (isOnRecord(kind, reason)) {
          record({ server, session, caller, reason });
        }
      },
    },
  });
  events.watch({
    sessions: () => [...registry.table.all()],
    principals: () => registry.table.principals(),
  });
  return registry;
}

/** What a principal does without a session begins with no record, and ends with one only where an operator ends it. */
function isOnRecord(kind: "session" | "activity", reason: SessionEndReason): boolean {
  return kind === "session" || reason === "ended";
}

function limitsOf(config: GatewayConfig["sessions"]): SessionLimits {
  const { maxPerPrincipal, max, idleTimeout, maxDuration, displaceAfter } = config;
  return {
    maxPerPrincipal,
    max,
    idleMs: idleTimeout,
    maxDurationMs: maxDuration,
    displaceAfterMs: displaceAfter,
  };
}
