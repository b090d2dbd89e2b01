import { holderIn } from "../../domain/forwarding.ts";
import { principalKey } from "@sark/authentication";
import type { Principal } from "../../domain/principal.ts";
import { SESSION_ENDS, type SessionEndReason, type SessionKind } from "../../domain/sessions.ts";
import { secondOf } from "../same-id.ts";
import type { Script, SharedState, Seal } from "@sark/shared-state";
import { openDescriptor, sealDescriptor, type Descriptor } from "./descriptor.ts";
import { ABANDON, END, PAGE, REGISTER, RELEASE, RESERVE, SHOW, SWEEP, USED } from "./scripts.ts";

/** The sessions of all replicas, as far as they can be asked. Each call resolves to `null` where they cannot. */
export interface SharedSessions {
  /** Room for a session that is being opened. */
  reserve(principal: Principal, ticket: string): Promise<Room | null>;
  release(principal: Principal, ticket: string): Promise<void>;
  /** A session that this replica sees; `ticket`: that of one that it has opened. */
  register(session: Descriptor, ticket: string | null): Promise<Registered | null>;
  /** `kind`: as far as it is known here; one that is known nowhere is only over where it is a session. */
  end(fingerprint: string, kind: SessionKind | null, reason: SessionEndReason): Promise<Ended | null>;
  /** Of each: `null`, why it is over, or `"unknown"`. */
  used(uses: readonly Use[]): Promise<readonly (SessionEndReason | "unknown" | null)[] | null>;
  /** Ends those whose time is up, each by one replica. */
  sweep(): Promise<readonly EndedOne[] | null>;
  /** Ends sessions whose processes were at a replica that is lost: some of them, none where none are left. */
  abandon(holder: string): Promise<readonly EndedOne[] | null>;
  /** The newest first, those below a number. */
  page(before: number, count: number): Promise<readonly SharedSession[] | null>;
  show(fingerprint: string): Promise<SharedSession | "none" | null>;
}

export type Room =
  | { readonly full: false; readonly displaced: readonly Descriptor[] }
  | { readonly full: true; readonly retryAfterMs: number };

export type Registered = (Room | { readonly over: SessionEndReason }) & {
  /** What its server called by the same id until now. */
  readonly before: EndedOne | null;
};

export interface EndedOne {
  readonly fingerprint: string;
  readonly reason: SessionEndReason;
  readonly session: Descriptor | null;
}

export interface Ended {
  /** Whether this replica is the one to tell of it. */
  readonly mine: boolean;
  readonly session: Descriptor | null;
}

export interface Use {
  readonly fingerprint: string;
  readonly ageMs: number;
  /** Since it was told last. */
  readonly calls: number;
  readonly running: number;
  readonly streams: number;
}

export interface SharedSession {
  readonly number: number;
  /** `null` where it was written with another key. */
  readonly session: Descriptor | null;
  /** By the clock of this replica. */
  readonly lastActivityAt: number;
  readonly calls: number;
  readonly running: number;
  readonly streams: number;
  /** That used it last. */
  readonly replica: string;
}

export interface SharedLimits {
  readonly maxPerPrincipal: number;
  readonly maxDurationMs: number;
  readonly displaceAfterMs: number;
  /** From the last use that was told to the end. */
  readonly idleMs: number;
  /** Work that is not told of again for this long has ended with its replica. */
  readonly staleMs: number;
}

/** A session that is opened takes no longer; a replica that was killed keeps the place no longer. */
const LEASE_MS = 300_000;
/** Ended by one look. */
const SWEPT_AT_ONCE = 100;
/** For what does not expire. */
const NEVER = Number.MAX_SAFE_INTEGER;

export function createSharedSessions(deps: {
  readonly state: Pick<SharedState, "run">;
  readonly seal: Seal;
  readonly limits: SharedLimits;
  readonly replica: string;
}): SharedSessions {
  const { state, seal, limits, replica } = deps;
  const { maxPerPrincipal, displaceAfterMs, idleMs, staleMs } = limits;
  const base = `session:${seal.name}:`;
  // Long enough for the sweep of any replica to find it.
  const keptMs = idleMs * 2 + 600_000;
  const idOf = ({ server, upstreamId }: Descriptor) => seal.tag(JSON.stringify(["id", server, upstreamId]));
  const ownerOf = (principal: Principal) => seal.tag(principalKey(principal));

  async function ask(script: Script, ...args: readonly (string | number)[]): Promise<unknown[] | null> {
    try {
      return [await state.run(script, [base], args.map(String))].flat();
    } catch {
      // The connection tells of its failures itself.
      return null;
    }
  }

  function roomOf([word, ...rest]: readonly unknown[]): Room {
    if (word === "full") {
      return { full: true, retryAfterMs: Number(rest[0]) };
    }
    const displaced: Descriptor[] = [];
    for (let at = 0; at < rest.length; at += 2) {
      const session = opened(rest[at], rest[at + 1]);
      if (session !== null) {
        displaced.push(session);
      }
    }
    return { full: false, displaced };
  }

  function endedBefore([fingerprint, sealed]: readonly unknown[] = []): EndedOne | null {
    return typeof fingerprint === "string"
      ? { fingerprint, reason: "unknown_upstream", session: opened(fingerprint, sealed) }
      : null;
  }

  function opened(fingerprint: unknown, sealed: unknown): Descriptor | null {
    return typeof sealed === "string" ? openDescriptor(seal, String(fingerprint), sealed) : null;
  }

  function listed(now: number, found: unknown): SharedSession {
    const [fingerprint, number, sealed, used, calls, running, streams, by] = found as unknown[];
    return {
      number: Number(number),
      session: opened(fingerprint, sealed),
      lastActivityAt: Date.now() - Math.max(0, now - Number(used)),
      calls: Number(calls),
      running: Number(running),
      streams: Number(streams),
      replica: String(by),
    };
  }

  /** Fingerprint, reason and descriptor of each in turn. */
  function endedIn(reply: readonly unknown[] | null): readonly EndedOne[] | null {
    if (reply === null) {
      return null;
    }
    return Array.from({ length: reply.length / 3 }, (_, at) => {
      const [fingerprint, reason, sealed] = reply.slice(at * 3);
      return {
        fingerprint: String(fingerprint),
        reason: reasonOf(reason),
        session: opened(fingerprint, sealed),
      };
    });
  }

  return {
    async reserve(principal, ticket) {
      const room = [ownerOf(principal), ticket, LEASE_MS, maxPerPrincipal, displaceAfterMs, staleMs, replica];
      const reply = await ask(RESERVE, ...room);
      return reply === null ? null : roomOf(reply);
    },
    async release(principal, ticket) {
      await ask(RELEASE, ownerOf(principal), ticket);
    },
    async register(session, ticket) {
      const { fingerprint, kind, createdAt, caller } = session;
      const expires = kind === "session" ? Math.round(createdAt + limits.maxDurationMs) : NEVER;
      const which = [fingerprint, ownerOf(caller.principal), kind, sealDescriptor(seal, session), expires];
      const bounds = [idleMs, keptMs, maxPerPrincipal, displaceAfterMs, staleMs];
      const holder = session.transport === "pipe" ? holderIn(session.upstreamId ?? "") : null;
      const named = [session.upstreamId === null ? "" : idOf(session), secondOf(session)];
      const reply = await ask(REGISTER, ...which, ...bounds, replica, ticket ?? "", holder ?? "", ...named);
      if (reply === null) {
        return null;
      }
      const [outcome = [], had] = reply.map((part) => [part].flat());
      const before = endedBefore(had);
      return outcome[0] === "over" ? { over: reasonOf(outcome[1]), before } : { ...roomOf(outcome), before };
    },
    async end(fingerprint, kind, reason) {
      const reply = await ask(END, fingerprint, reason, replica, limits.maxDurationMs, kind ?? "");
      return reply === null ? null : { mine: reply[0] === 1, session: opened(fingerprint, reply[1]) };
    },
    async used(uses) {
      const args = uses.flatMap(({ fingerprint, ageMs, calls, running, streams }) => [
        fingerprint,
        Math.round(ageMs),
        calls,
        running,
        streams,
      ]);
      const replies = await ask(USED, idleMs, keptMs, replica, ...args);
      return (
        replies?.map((reply) => (reply === "" ? null : reply === "?" ? "unknown" : reasonOf(reply))) ?? null
      );
    },
    sweep: async () => endedIn(await ask(SWEEP, idleMs, staleMs, replica, SWEPT_AT_ONCE)),
    abandon: async (holder) => endedIn(await ask(ABANDON, holder, replica, SWEPT_AT_ONCE)),
    async page(before, count) {
      const reply = await ask(PAGE, Number.isFinite(before) ? `(${before}` : "+inf", count, staleMs);
      return reply === null ? null : [reply[1]].flat().map((found) => listed(Number(reply[0]), found));
    },
    async show(fingerprint) {
      const reply = await ask(SHOW, fingerprint, staleMs);
      const [found] = [reply?.[1]].flat();
      return reply === null ? null : found === undefined ? "none" : listed(Number(reply[0]), found);
    },
  };
}

/** Why a session is over, as a replica wrote it. */
export function reasonOf(written: unknown): SessionEndReason {
  return SESSION_ENDS.find((reason) => reason === written) ?? "ended";
}
