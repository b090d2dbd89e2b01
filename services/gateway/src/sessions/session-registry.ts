import type { Awaitable } from "../domain/awaitable.ts";
import type { Caller } from "../domain/governance.ts";
import type {
  EndedSession,
  SeenSession,
  SessionAdmission,
  SessionEndReason,
  SessionRefusal,
  SessionScope,
  Sessions,
  SessionUse,
  SessionWork,
} from "../domain/sessions.ts";
import type { SessionObserver } from "./contract/observer.ts";
import type { Together } from "./together.ts";
import { createEndedSessions } from "./ended-sessions.ts";
import { createOpeningSessions } from "./opening-sessions.ts";
import { overBecause, tooManySessions } from "./refusals.ts";
import { createEntry, type SessionEntry } from "./session-entry.ts";
import type { SessionLimits } from "./session-limits.ts";
import { whichIsOver } from "./same-id.ts";
import { createSessionTable, type SessionTable } from "./session-table.ts";
import { createSessionTime, type SessionClocks, type SessionTime } from "./session-time.ts";

/** Every session of this replica: it bounds them, ends them in time, and forgets what is over. */
export interface SessionRegistry extends Sessions, SessionClocks, Pick<SessionTime, "expiresAt"> {
  admit(caller: Caller): SessionAdmission | SessionRefusal;
  enter(seen: SeenSession, work: SessionWork): SessionUse | SessionRefusal;
  readonly table: Pick<SessionTable, "get" | "all" | "of" | "principals" | "size">;
  /** Another replica has ended it, and tells of it: what is here of it ends. */
  endedElsewhere(fingerprint: string, reason: SessionEndReason): void;
  /** Tells its server that it is over. */
  tellServer(session: EndedSession): void;
  readonly limits: SessionLimits;
  /** Stops looking for sessions whose time is up. */
  close(): void;
}

export function createSessionRegistry(
  deps: {
    readonly limits: SessionLimits;
    readonly observer: SessionObserver;
    /** `null` where nothing is shared. */
    readonly together?: Together | null;
  } & Partial<SessionClocks>,
): SessionRegistry {
  const { limits, observer, together = null } = deps;
  const { now, wallTime, expiresAt, hasExpired, isIdle, sweepMs } = createSessionTime(limits, deps);
  const table = createSessionTable();
  const ended = createEndedSessions();
  const opening = createOpeningSessions();
  let numbers = 0;
  let told: (session: EndedSession) => void = () => undefined;
  const timer = setInterval(sweep, sweepMs).unref();

  function sweep(): void {
    for (const entry of table.all()) {
      endIfDue(entry);
    }
  }

  /** Calls that run are let finish, within their own time limit; streams do not keep a session. */
  function endIfDue(entry: SessionEntry): boolean {
    const expired = entry.kind === "session" && hasExpired(entry) && entry.running.calls === 0;
    const idle = entry.running.size === 0 && isIdle(entry);
    if (!expired && !idle) {
      return false;
    }
    if (together?.up === true) {
      return left(entry, together);
    }
    void finish(entry, expired ? "expired" : "idle");
    return true;
  }

  /**
   * It may be in use elsewhere: all of them together find that out, and end it. Its process, where it has one, is here, and
   * so are its streams, which end with it.
   */
  function left(entry: SessionEntry, others: Together): boolean {
    const isHeld = entry.kind === "session" && entry.transport === "pipe";
    if (isHeld || entry.running.size > 0 || !table.remove(entry)) {
      return false;
    }
    others.left(entry);
    return true;
  }

  /** From this side: what runs in it ends, and its server is told. */
  function finish(entry: SessionEntry, reason: SessionEndReason): Awaitable<boolean> {
    return forget(entry, reason, { endWork: () => entry.running.end("all"), tell: true });
  }

  function forget(
    entry: SessionEntry,
    reason: SessionEndReason,
    { endWork, tell }: { endWork(): number; readonly tell: boolean },
  ): Awaitable<boolean> {
    if (!remove(entry, reason)) {
      return false;
    }
    const { fingerprint, kind, server, transport, protocolVersion, caller, createdAt } = entry;
    const event = { fingerprint, kind, server, protocolVersion, caller, reason };
    const over = { ...event, durationMs: Math.max(0, wallTime() - createdAt), cut: endWork() };
    const conclude = (mine: boolean) => {
      if (mine) {
        observer.sessionOver(over);
      }
      // A process is here, whichever replica tells of its end.
      if (tell && (mine || transport === "pipe")) {
        told(entry);
      }
      return mine;
    };
    return together === null ? conclude(true) : together.ends(entry, reason).then(conclude);
  }

  function remove(entry: SessionEntry, reason: SessionEndReason): boolean {
    if (!table.remove(entry)) {
      return false;
    }
    // An activity has no id that could be used again.
    if (entry.kind === "session") {
      ended.add(entry.fingerprint, reason);
    }
    return true;
  }

  /** Makes room for one more, or says what stands in the way. */
  function makeRoom(caller: Caller, kind: SeenSession["kind"]): SessionRefusal | null {
    const { principal } = caller;
    const own = table.sessionsOf(principal) + opening.of(principal);
    const overOwn = together?.up !== true && kind === "session" && own >= limits.maxPerPrincipal;
    const overAll = table.size + opening.size >= limits.max;
    if (!overOwn && !overAll) {
      return null;
    }
    const unused = table.longestUnused(principal, overOwn ? "session" : null);
    if (unused !== null && now() - unused.lastActivityAt >= limits.displaceAfterMs) {
      // Of all replicas together it is another question whether there is room: elsewhere it may be in use.
      if (together?.up !== true || !left(unused, together)) {
        void finish(unused, "displaced");
      }
      return null;
    }
    observer.sessionRefused({ limit: overOwn ? "principal" : "replica", caller });
    const waitMs = unused === null ? limits.idleMs : limits.displaceAfterMs - (now() - unused.lastActivityAt);
    return tooManySessions(overOwn ? limits.maxPerPrincipal : null, waitMs);
  }

  function scope(): SessionScope {
    return together === null ? "process" : together.up ? "shared" : "fallback";
  }

  function add(seen: SeenSession): SessionEntry {
    const entry = createEntry(seen, (numbers += 1), now());
    table.add(entry);
    return entry;
  }

  /** One that its server opens now: it has forgotten the session that it called by this id before. */
  function addAlone(seen: SeenSession): SessionEntry {
    const before = table.sameIdAs(seen);
    if (before !== undefined) {
      forgotten(before);
    }
    return add(seen);
  }

  /** Its server knows it no more: to be told of its end would end the session that has the id now. */
  function forgotten(entry: SessionEntry): void {
    void forget(entry, "unknown_upstream", { endWork: () => entry.running.end("all"), tell: false });
  }

  /** Whether another caller has the id that its server calls it by, and may be in it: the later one has it. */
  function isTaken(seen: SeenSession): boolean {
    const other = table.sameIdAs(seen);
    if (other === undefined) {
      return false;
    }
    const { isOver, otherIsOver } = whichIsOver(seen, other);
    if (otherIsOver) {
      forgotten(other);
    }
    if (isOver) {
      ended.add(seen.fingerprint, "unknown_upstream");
    }
    return isOver;
  }

  function admit(caller: Caller): SessionAdmission | SessionRefusal {
    const refusal = makeRoom(caller, "session");
    if (refusal !== null) {
      return refusal;
    }
    const release = opening.begin(caller.principal);
    return {
      refused: null,
      scope: scope(),
      opened(seen) {
        // A server that gives the same id to two clients of a principal has one session.
        const entry = table.get(seen.fingerprint) ?? addAlone(seen);
        entry.calls += 1;
        entry.lastActivityAt = now();
        release();
      },
      release,
    };
  }

  function enter(seen: SeenSession, work: SessionWork): SessionUse | SessionRefusal {
    const found = known(seen);
    if ("refused" in found) {
      return found;
    }
    found.lastActivityAt = now();
    found.calls += work.calls;
    found.protocolVersion = seen.protocolVersion ?? found.protocolVersion;
    found.client ??= seen.client();
    return found.running.begin(work, scope(), () => {
      found.lastActivityAt = now();
      if (table.get(found.fingerprint) === found) {
        endIfDue(found);
      }
    });
  }

  function known(seen: SeenSession): SessionEntry | SessionRefusal {
    const entry = table.get(seen.fingerprint);
    const isSession = seen.kind === "session";
    if (entry !== undefined && !endIfDue(entry)) {
      return isSession && hasExpired(entry) ? overBecause("expired") : entry;
    }
    const reason = isSession ? ended.reasonOf(seen.fingerprint) : undefined;
    if (reason !== undefined) {
      return overBecause(reason);
    }
    if (isSession && hasExpired(seen)) {
      if (together?.up !== true) {
        // It was begun elsewhere, or before a restart: its server has not heard of its end yet.
        void finish(add(seen), "expired");
      }
      return overBecause("expired");
    }
    if (isTaken(seen)) {
      return overBecause("unknown_upstream");
    }
    return makeRoom(seen.caller, seen.kind) ?? add(seen);
  }

  return {
    table,
    limits,
    expiresAt,
    admit,
    enter,
    over(fingerprint, reason) {
      const entry = table.get(fingerprint);
      if (entry !== undefined) {
        // A client that has ended its session reads no stream of it.
        const endWork = () => (reason === "deleted" ? entry.running.end("streams") : 0);
        return forget(entry, reason, { endWork, tell: false });
      }
      if (ended.reasonOf(fingerprint) !== undefined) {
        return false;
      }
      ended.add(fingerprint, reason);
      return together?.ends({ fingerprint, kind: "session" }, reason) ?? true;
    },
    end(fingerprint, reason) {
      const entry = table.get(fingerprint);
      return entry === undefined ? false : finish(entry, reason);
    },
    endedElsewhere(fingerprint, reason) {
      const entry = table.get(fingerprint);
      if (entry === undefined) {
        ended.add(fingerprint, reason);
      } else if (remove(entry, reason)) {
        entry.running.end(reason === "deleted" ? "streams" : "all");
        if (entry.transport === "pipe") {
          told(entry);
        }
      }
    },
    tellServer: (session) => told(session),
    now,
    wallTime,
    onEnd(listener) {
      told = listener;
    },
    close: () => clearInterval(timer),
  };
}
