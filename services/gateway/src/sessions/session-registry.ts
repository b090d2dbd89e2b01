import type { Caller } from "../domain/governance.ts";
import type {
  EndedSession,
  SeenSession,
  SessionAdmission,
  SessionEndReason,
  SessionRefusal,
  Sessions,
  SessionUse,
  SessionWork,
} from "../domain/sessions.ts";
import { principalKey } from "../domain/principal.ts";
import type { SessionObserver } from "./contract/observer.ts";
import { createEndedSessions } from "./ended-sessions.ts";
import { createEntry, type SessionEntry } from "./session-entry.ts";
import { createSessionTable, type SessionTable } from "./session-table.ts";

export interface SessionLimits {
  readonly maxPerPrincipal: number;
  readonly max: number;
  readonly idleMs: number;
  readonly maxDurationMs: number;
  readonly displaceAfterMs: number;
}

/** Every session of this replica: it bounds them, ends them in time, and forgets what is over. */
export interface SessionRegistry extends Sessions {
  readonly table: Pick<SessionTable, "get" | "all" | "principals" | "size">;
  /** When it takes no more requests, in milliseconds since the epoch. */
  expiresAt(entry: Pick<SessionEntry, "createdAt">): number;
  readonly limits: SessionLimits;
  /** Stops looking for sessions whose time is up. */
  close(): void;
}

/** What a client is told that comes back to its session. */
const WHY: Readonly<Record<SessionEndReason, string>> = {
  deleted: "its client ended it",
  idle: "it was not used for too long",
  expired: "it has lasted for as long as a session may",
  displaced: "another session of the same caller needed its place",
  ended: "an operator ended it",
  failed: "it was never opened",
  unknown_upstream: "its server knows it no more",
  died: "its server process ended",
  closing: "the gateway was stopped",
};

const LONGEST_SWEEP_MS = 10_000;
const LONGEST_RETRY_SECONDS = 60;

export function createSessionRegistry(deps: {
  readonly limits: SessionLimits;
  readonly observer: SessionObserver;
  /** Milliseconds since the epoch, on a clock that no one sets back. */
  now?(): number;
}): SessionRegistry {
  const { limits, observer, now = () => performance.timeOrigin + performance.now() } = deps;
  const table = createSessionTable();
  const ended = createEndedSessions();
  /** Sessions that are being opened, by principal. */
  const opening = new Map<string, number>();
  let openingOfAll = 0;
  let numbers = 0;
  let told: (session: EndedSession) => void = () => undefined;
  const sweepEvery = Math.min(LONGEST_SWEEP_MS, Math.min(limits.idleMs, limits.maxDurationMs) / 4);
  const timer = setInterval(sweep, sweepEvery).unref();

  function sweep(): void {
    for (const entry of table.all()) {
      endIfDue(entry);
    }
  }

  const expiresAt = ({ createdAt }: Pick<SessionEntry, "createdAt">) => createdAt + limits.maxDurationMs;

  /** Calls that run are let finish, within their own time limit; streams do not keep a session. */
  function endIfDue(entry: SessionEntry): boolean {
    const at = now();
    if (entry.kind === "session" && at >= expiresAt(entry) && entry.running.calls === 0) {
      finish(entry, "expired");
      return true;
    }
    if (entry.running.size === 0 && at - entry.lastActivityAt >= limits.idleMs) {
      finish(entry, "idle");
      return true;
    }
    return false;
  }

  /** From this side: what runs in it ends, and its server is told. */
  function finish(entry: SessionEntry, reason: SessionEndReason): void {
    if (forget(entry, reason, () => entry.running.end("all"))) {
      told(entry);
    }
  }

  function forget(entry: SessionEntry, reason: SessionEndReason, endWork: () => number): boolean {
    if (!table.remove(entry)) {
      return false;
    }
    // An activity has no id that could be used again.
    if (entry.kind === "session") {
      ended.add(entry.fingerprint, reason);
    }
    const { fingerprint, kind, server, transport, protocolVersion, caller, createdAt } = entry;
    const event = { fingerprint, kind, server, transport, protocolVersion, caller, reason };
    const durationMs = Math.max(0, now() - createdAt);
    observer.sessionOver({ ...event, durationMs, cut: endWork() });
    return true;
  }

  /** Makes room for one more, or says what stands in the way. */
  function makeRoom(caller: Caller, kind: SeenSession["kind"]): SessionRefusal | null {
    const { principal } = caller;
    const own = table.sessionsOf(principal) + (opening.get(principalKey(principal)) ?? 0);
    const overOwn = kind === "session" && own >= limits.maxPerPrincipal;
    const overAll = table.size + openingOfAll >= limits.max;
    if (!overOwn && !overAll) {
      return null;
    }
    const unused = longestUnused(table.of(principal), overOwn ? "session" : null);
    if (unused !== null && now() - unused.lastActivityAt >= limits.displaceAfterMs) {
      finish(unused, "displaced");
      return null;
    }
    observer.sessionRefused({ limit: overOwn ? "principal" : "replica", caller });
    return {
      refused: "too_many",
      message: overOwn
        ? `You have ${limits.maxPerPrincipal} sessions, which is your limit; end one, or try again later.`
        : "The gateway has as many sessions as it may; try again later.",
      retryAfterSeconds: retryAfter(unused),
    };
  }

  function retryAfter(unused: SessionEntry | null): number {
    const left = unused === null ? limits.idleMs : limits.displaceAfterMs - (now() - unused.lastActivityAt);
    return Math.min(LONGEST_RETRY_SECONDS, Math.max(1, Math.ceil(left / 1_000)));
  }

  function add(seen: SeenSession): SessionEntry {
    const entry = createEntry(seen, (numbers += 1), now());
    table.add(entry);
    return entry;
  }

  function admit(caller: Caller): SessionAdmission | SessionRefusal {
    const refusal = makeRoom(caller, "session");
    if (refusal !== null) {
      return refusal;
    }
    const key = principalKey(caller.principal);
    opening.set(key, (opening.get(key) ?? 0) + 1);
    openingOfAll += 1;
    let released = false;
    const release = () => {
      if (released) {
        return;
      }
      released = true;
      openingOfAll -= 1;
      const left = (opening.get(key) ?? 1) - 1;
      if (left === 0) {
        opening.delete(key);
      } else {
        opening.set(key, left);
      }
    };
    return {
      refused: null,
      opened(seen) {
        // A server that gives the same id to two clients of a principal has one session.
        const entry = table.get(seen.fingerprint) ?? add(seen);
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
    return found.running.begin(work, () => {
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
      return isSession && now() >= expiresAt(entry) ? overBecause("expired") : entry;
    }
    const reason = isSession ? ended.reasonOf(seen.fingerprint) : undefined;
    if (reason !== undefined) {
      return overBecause(reason);
    }
    if (isSession && now() >= expiresAt(seen)) {
      // It was begun elsewhere, or before a restart: its server has not heard of its end yet.
      finish(add(seen), "expired");
      return overBecause("expired");
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
        forget(entry, reason, () => (reason === "deleted" ? entry.running.end("streams") : 0));
      } else if (ended.reasonOf(fingerprint) === undefined) {
        ended.add(fingerprint, reason);
      }
    },
    end(fingerprint, reason) {
      const entry = table.get(fingerprint);
      if (entry !== undefined) {
        finish(entry, reason);
      }
    },
    onEnd(listener) {
      told = listener;
    },
    close: () => clearInterval(timer),
  };
}

function overBecause(reason: SessionEndReason): SessionRefusal {
  return {
    refused: "over",
    message: `Session not found: ${WHY[reason]}; initialize again`,
    retryAfterSeconds: 0,
  };
}

/** `null` where each is in use. */
function longestUnused(entries: Iterable<SessionEntry>, kind: "session" | null): SessionEntry | null {
  let longest: SessionEntry | null = null;
  for (const entry of entries) {
    const counts = entry.running.size === 0 && (kind === null || entry.kind === kind);
    if (counts && (longest === null || entry.lastActivityAt < longest.lastActivityAt)) {
      longest = entry;
    }
  }
  return longest;
}
