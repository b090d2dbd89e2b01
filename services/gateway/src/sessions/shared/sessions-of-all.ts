import { randomBytes } from "node:crypto";
import type { Caller } from "../../domain/governance.ts";
import type {
  SeenSession,
  SessionAdmission,
  SessionEndReason,
  SessionRefusal,
  SessionUse,
  SessionWork,
} from "../../domain/sessions.ts";
import type { SharedState, Seal } from "@sark/shared-state";
import type { SessionObserver } from "../contract/observer.ts";
import { overBecause, tooManySessions } from "../refusals.ts";
import type { SessionEntry } from "../session-entry.ts";
import type { SessionLimits } from "../session-limits.ts";
import { createSessionRegistry, type SessionRegistry } from "../session-registry.ts";
import type { SessionList } from "../session-list.ts";
import { descriptorOf, type Descriptor } from "./descriptor.ts";
import { listOfAll } from "./list-of-all.ts";
import { createAnnouncements, type Announcements } from "./announcements.ts";
import { createEndsOfAll } from "./ends-of-all.ts";
import { createPendingEnds } from "./pending-ends.ts";
import { createSharedSessions, reasonOf, type Registered } from "./shared-sessions.ts";
import { createUseWriter } from "./use-writer.ts";

/** The sessions of all replicas, as one of them sees them. */
export interface SessionsOfAll
  extends Announcements, Pick<SessionRegistry, "table" | "limits" | "expiresAt" | "over" | "onEnd"> {
  admit(caller: Caller): Promise<SessionAdmission | SessionRefusal>;
  enter(
    seen: SeenSession,
    work: SessionWork,
  ): SessionUse | SessionRefusal | Promise<SessionUse | SessionRefusal>;
  /** Whichever replica it is at. */
  end(fingerprint: string, reason: SessionEndReason): Promise<boolean>;
  readonly list: SessionList;
  /** Another replica is lost, and this one is to end the sessions whose processes it held. */
  replicaLost(replica: string): Promise<void>;
  /** Tells the others what they do not know yet. */
  close(): Promise<void>;
}

/** What others learn of the use of a session, within this time and a part of the idle time. */
const TOLD_WITHIN_MS = 2_000;
const TOLD_AGAIN_MS = 30_000;
const LONGEST_SWEEP_MS = 10_000;
/** In this time each replica has its connection back. */
const SETTLED_MS = 10_000;

/**
 * One registry for each replica, which knows what runs here, and one place for all of them (Redis), which knows what there is.
 * A call of a session that is known here asks for nothing: that it was ended elsewhere is told over the same connection. What
 * is seen for the first time, or for the first time after that connection was lost, is asked for first. While the
 * others cannot be asked, the rules are those of this replica.
 */
export function createSessionsOfAll(deps: {
  readonly state: SharedState;
  readonly seal: Seal;
  readonly limits: SessionLimits;
  readonly observer: SessionObserver;
  /** Tells the replicas apart. */
  readonly replica: string;
  /** In this time after Redis was away each replica has told of the use of its sessions. */
  readonly settledMs?: number;
}): SessionsOfAll {
  const { state, seal, limits, observer, replica } = deps;
  const againMs = Math.min(TOLD_AGAIN_MS, limits.idleMs / 3);
  const everyMs = Math.min(TOLD_WITHIN_MS, limits.idleMs / 4);
  const shared = createSharedSessions({
    state,
    seal,
    replica,
    limits: {
      ...limits,
      // A use, or a call that runs, may not have been told yet.
      idleMs: limits.idleMs + 2 * everyMs,
      maxDurationMs: limits.maxDurationMs + 2 * everyMs,
      staleMs: 3 * againMs + everyMs,
    },
  });
  const isUp = () => state.status.up;
  const pending = createPendingEnds(shared);
  const registry = createSessionRegistry({
    limits,
    observer,
    together: {
      get up() {
        return isUp();
      },
      ends: ({ fingerprint, kind }, reason) => pending.end(fingerprint, kind, reason),
      left: (entry) => writer.left(entry),
    },
  });
  const { table, now } = registry;
  /** Those that are being asked for. */
  const asked = new Map<string, Promise<Registered | null>>();

  const writer = createUseWriter({
    shared,
    entries: () => table.all(),
    everyMs,
    againMs,
    pauseMs: Math.min(limits.displaceAfterMs, limits.idleMs) / 2,
    now,
    isUp,
    learned(entry, news) {
      if (news !== "unknown") {
        registry.endedElsewhere(entry.fingerprint, news);
      } else if (table.get(entry.fingerprint) === entry) {
        // What was known of it is lost.
        void register(entry.fingerprint, descriptorOf(entry));
      }
    },
  });

  state.listen(`session:${seal.name}:ends`, (message) => {
    const [fingerprint = "", reason, by] = message.split(" ");
    if (by !== replica) {
      registry.endedElsewhere(fingerprint, reasonOf(reason));
    }
  });
  const channel = `session:${seal.name}:said`;
  const { announce, onAnnounced } = createAnnouncements({ state, seal, channel, replica });
  state.onUp(() => void pending.push().then(() => writer.all()));
  const { settledMs = Math.min(SETTLED_MS, limits.idleMs) } = deps;
  const sweepEveryMs = Math.min(LONGEST_SWEEP_MS, Math.min(limits.idleMs, limits.maxDurationMs) / 4);
  const ends = createEndsOfAll({
    shared,
    registry,
    observer,
    sweepEveryMs,
    // After a time without Redis the others have to tell of their use first.
    isSettled: () => isUp() && performance.now() - state.status.changed >= settledMs,
  });

  /** Asked once for all requests that come meanwhile. */
  function register(fingerprint: string, session: Descriptor): Promise<Registered | null> {
    let reply = asked.get(fingerprint);
    if (reply === undefined) {
      const connection = state.status.times;
      reply = shared.register(session, null).then((registered) => {
        asked.delete(fingerprint);
        took(fingerprint, registered, connection);
        return registered;
      });
      asked.set(fingerprint, reply);
    }
    return reply;
  }

  function took(fingerprint: string, registered: Registered | null, connection: number): void {
    if (registered === null) {
      return;
    }
    const { before } = registered;
    if (before !== null) {
      ends.tell(before.fingerprint, before.reason, before.session);
    }
    if ("over" in registered) {
      registry.endedElsewhere(fingerprint, registered.over);
    } else if (!registered.full) {
      ends.tellDisplaced(registered.displaced);
      confirm(fingerprint, connection);
    }
  }

  function confirm(fingerprint: string, connection: number): void {
    const entry = table.get(fingerprint);
    if (entry !== undefined) {
      entry.told.connection = connection;
    }
  }

  /** Whether it needs no question: it was open during this connection, which would have told of its end. */
  function isKnown(entry: SessionEntry | undefined): entry is SessionEntry {
    if (entry?.told.connection !== state.status.times) {
      return false;
    }
    return entry.running.size > 0 || now() - entry.lastActivityAt < limits.idleMs;
  }

  function refusalOf(registered: Registered, caller: Caller): SessionRefusal | null {
    if ("over" in registered) {
      return overBecause(registered.over);
    }
    if (!registered.full) {
      return null;
    }
    observer.sessionRefused({ limit: "principal", caller });
    return tooManySessions(limits.maxPerPrincipal, registered.retryAfterMs);
  }

  async function askThenEnter(seen: SeenSession, work: SessionWork): Promise<SessionUse | SessionRefusal> {
    const connection = state.status.times;
    const registered = await register(seen.fingerprint, { ...seen, client: seen.client() });
    const refusal = registered === null ? null : refusalOf(registered, seen.caller);
    if (refusal !== null) {
      return refusal;
    }
    const use = registry.enter(seen, work);
    if (registered !== null) {
      confirm(seen.fingerprint, connection);
    }
    return use;
  }

  function enter(
    seen: SeenSession,
    work: SessionWork,
  ): SessionUse | SessionRefusal | Promise<SessionUse | SessionRefusal> {
    const entry = table.get(seen.fingerprint);
    if (!isUp()) {
      return registry.enter(seen, work);
    }
    if (isKnown(entry)) {
      writer.afterPause(entry);
      return registry.enter(seen, work);
    }
    if (seen.kind === "session") {
      return askThenEnter(seen, work);
    }
    // It has no id that could be over, and no cap.
    const use = registry.enter(seen, work);
    void register(seen.fingerprint, { ...seen, client: seen.client() });
    return use;
  }

  async function admit(caller: Caller): Promise<SessionAdmission | SessionRefusal> {
    const ticket = randomBytes(9).toString("base64url");
    const { principal } = caller;
    const room = isUp() ? await shared.reserve(principal, ticket) : null;
    if (room?.full === true) {
      observer.sessionRefused({ limit: "principal", caller });
      return tooManySessions(limits.maxPerPrincipal, room.retryAfterMs);
    }
    ends.tellDisplaced(room?.displaced ?? []);
    const admission = registry.admit(caller);
    let isHeld = room !== null;
    const giveBack = () => {
      if (isHeld) {
        isHeld = false;
        void shared.release(principal, ticket);
      }
    };
    if (admission.refused !== null) {
      giveBack();
      return admission;
    }
    return {
      ...admission,
      async opened(seen) {
        const held = isHeld;
        isHeld = false;
        void admission.opened(seen);
        const connection = state.status.times;
        const session = { ...seen, client: seen.client() };
        took(seen.fingerprint, await shared.register(session, held ? ticket : null), connection);
      },
      release() {
        admission.release();
        giveBack();
      },
    };
  }

  async function end(fingerprint: string, reason: SessionEndReason): Promise<boolean> {
    if (table.get(fingerprint) !== undefined) {
      return registry.end(fingerprint, reason);
    }
    const ended = await shared.end(fingerprint, null, reason);
    if (ended?.mine !== true) {
      return false;
    }
    ends.tell(fingerprint, reason, ended.session);
    return true;
  }

  return {
    table,
    limits,
    expiresAt: registry.expiresAt,
    over: registry.over,
    onEnd: registry.onEnd,
    admit,
    enter,
    end,
    replicaLost: ends.replicaLost,
    announce,
    onAnnounced,
    list: listOfAll({ shared, registry, isUp, replica }),
    async close() {
      ends.close();
      registry.close();
      await pending.settled();
      await writer.close();
    },
  };
}
