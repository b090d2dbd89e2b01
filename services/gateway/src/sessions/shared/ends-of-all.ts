import type { SessionEndReason } from "../../domain/sessions.ts";
import type { SessionObserver } from "../contract/observer.ts";
import type { SessionRegistry } from "../session-registry.ts";
import type { Descriptor } from "./descriptor.ts";
import type { EndedOne, SharedSessions } from "./shared-sessions.ts";

/** What this replica has ended at the place of all: it is the one to tell of it, wherever the session was used. */
export interface EndsOfAll {
  tell(fingerprint: string, reason: SessionEndReason, session: Descriptor | null): void;
  tellDisplaced(displaced: readonly Descriptor[]): void;
  /** Another replica is lost: the sessions whose processes it held end. */
  replicaLost(replica: string): Promise<void>;
  /** Stops looking for sessions whose time is up. */
  close(): void;
}

export function createEndsOfAll(deps: {
  readonly shared: Pick<SharedSessions, "sweep" | "abandon">;
  readonly registry: Pick<SessionRegistry, "table" | "wallTime" | "endedElsewhere" | "tellServer">;
  readonly observer: Pick<SessionObserver, "sessionOver">;
  readonly sweepEveryMs: number;
  /** Whether the others have told of the use of their sessions. */
  isSettled(): boolean;
}): EndsOfAll {
  const { shared, registry, observer, isSettled } = deps;
  const { table, wallTime } = registry;
  const sweeping = setInterval(() => void sweep(), deps.sweepEveryMs).unref();

  async function sweep(): Promise<void> {
    tellEach(isSettled() ? await shared.sweep() : null);
  }

  async function replicaLost(replica: string): Promise<void> {
    let ended = await shared.abandon(replica);
    while (ended !== null && ended.length > 0) {
      tellEach(ended);
      ended = await shared.abandon(replica);
    }
  }

  function tellEach(ended: readonly EndedOne[] | null): void {
    for (const { fingerprint, reason, session } of ended ?? []) {
      tell(fingerprint, reason, session);
    }
  }

  function tell(fingerprint: string, reason: SessionEndReason, session: Descriptor | null): void {
    const entry = table.get(fingerprint);
    const known = entry ?? session;
    const cut = entry?.running.size ?? 0;
    registry.endedElsewhere(fingerprint, reason);
    if (known === null) {
      return;
    }
    const { kind, server, transport, protocolVersion, caller, createdAt } = known;
    const durationMs = Math.max(0, wallTime() - createdAt);
    const event = { fingerprint, kind, server, protocolVersion, caller, reason };
    observer.sessionOver({ ...event, durationMs, cut });
    // A process of this replica was told with the rest; one that its server has forgotten may have an id that is another's now.
    if (transport !== "pipe" && reason !== "unknown_upstream") {
      registry.tellServer(known);
    }
  }

  return {
    tell,
    tellDisplaced(displaced) {
      for (const session of displaced) {
        tell(session.fingerprint, "displaced", session);
      }
    },
    replicaLost,
    close: () => clearInterval(sweeping),
  };
}
