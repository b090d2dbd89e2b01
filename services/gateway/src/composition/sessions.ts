import type { GatewayConfig } from "../config/schema.ts";
import type { Sessions } from "../domain/sessions.ts";
import type { EndedSession } from "../governance/session-ends.ts";
import type { SessionObserver } from "../sessions/contract/observer.ts";
import type { SessionLimits } from "../sessions/session-limits.ts";
import { createSessionRegistry } from "../sessions/session-registry.ts";
import { listOfReplica } from "../sessions/session-list.ts";
import type { SessionsOfAll } from "../sessions/shared/sessions-of-all.ts";
import type { SharedState } from "@sark/shared-state";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { ReplicaIdentity } from "./replica-name.ts";

/** Of this replica, or of all. */
export interface StartedSessions
  extends
    Omit<Sessions, "end">,
    Pick<SessionsOfAll, "table" | "limits" | "expiresAt" | "end" | "list" | "replicaLost"> {
  close(): Promise<void>;
}

/** The sessions: their ends are counted, and on record where they have a beginning there. */
export async function startSessions(
  config: Pick<GatewayConfig, "sessions" | "mcp">,
  deps: {
    readonly telemetry: Pick<Telemetry, "sessions" | "lifecycle">;
    /** `null` where nothing is shared. */
    readonly shared: SharedState | null;
    /** What they call this replica; `null` with them. */
    readonly identity: ReplicaIdentity | null;
    /** Ties sessions to their callers. */
    readonly key: Buffer;
    record(ended: EndedSession): void;
  },
): Promise<StartedSessions> {
  const { telemetry, shared, identity, key, record } = deps;
  const { sessions: events } = telemetry;
  const limits = limitsOf(config.sessions);
  const observer: SessionObserver = {
    ...events,
    sessionOver(event) {
      events.sessionOver(event);
      const { server, fingerprint: session, caller, reason, kind } = event;
      if (isOnRecord(kind, reason)) {
        record({ server, session, caller, reason });
      }
    },
  };
  if (shared !== null) {
    warnOfOwnKey(config.mcp, telemetry);
  }
  const sessions =
    shared === null || identity === null
      ? ofReplica(limits, observer)
      : await ofAll({ state: shared, limits, observer, key, replica: identity.label });
  events.watch({
    sessions: () => [...sessions.table.all()],
    principals: () => sessions.table.principals(),
  });
  return sessions;
}

function ofReplica(limits: SessionLimits, observer: SessionObserver): StartedSessions {
  const registry = createSessionRegistry({ limits, observer });
  return {
    ...registry,
    end: async (fingerprint, reason) => registry.end(fingerprint, reason),
    list: listOfReplica(registry, null),
    replicaLost: async () => undefined,
    close: async () => registry.close(),
  };
}

async function ofAll(deps: {
  readonly state: SharedState;
  readonly limits: SessionLimits;
  readonly observer: SessionObserver;
  readonly key: Buffer;
  readonly replica: string;
}): Promise<StartedSessions> {
  // Loaded only where it is used: a start compiles it.
  const [{ createSessionsOfAll }, { createSeal }] = await Promise.all([
    import("../sessions/shared/sessions-of-all.ts"),
    import("@sark/shared-state"),
  ]);
  return createSessionsOfAll({ ...deps, seal: createSeal(deps.key, "sessions") });
}

/** With a key of its own a replica can read nothing of what others write, and take none of their sessions. */
function warnOfOwnKey(
  { sessionKey }: GatewayConfig["mcp"],
  { lifecycle }: Pick<Telemetry, "lifecycle">,
): void {
  if (sessionKey === undefined) {
    lifecycle.sessionKeyIsOwn();
  }
}

/** What a principal does without a session begins with no record, and ends with one only where an operator ends it. */
function isOnRecord(kind: "session" | "activity", reason: EndedSession["reason"]): boolean {
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
