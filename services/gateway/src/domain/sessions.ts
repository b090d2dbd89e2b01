import type { Awaitable } from "./awaitable.ts";
import type { Caller, CallResult } from "./governance.ts";

/**
 * `session`: one that its server opened and that has an id. `activity`: what a principal does at a server without one,
 * as in the stateless revisions, from its first request to its last.
 */
export const SESSION_KINDS = ["session", "activity"] as const;
export type SessionKind = (typeof SESSION_KINDS)[number];

/**
 * Why a session is over. `deleted`: by its client. `idle`, `expired`: by time. `displaced`: another needed its place.
 * `ended`: by an operator. `failed`: its `initialize` was of no use. `unknown_upstream`: its server knows it no more.
 * `died`: its process ended. `closing`: the gateway ends.
 */
export const SESSION_ENDS = [
  "deleted",
  "idle",
  "expired",
  "displaced",
  "ended",
  "failed",
  "unknown_upstream",
  "died",
  "closing",
] as const;
export type SessionEndReason = (typeof SESSION_ENDS)[number];

/** What a client says of itself: bounded, and no more than a claim. */
export interface ClientClaim {
  readonly name: string;
  readonly version: string;
}

/** A session as a request shows it. */
export interface SeenSession {
  /** Names it in logs and records; worth nothing as a credential. */
  readonly fingerprint: string;
  readonly kind: SessionKind;
  readonly server: string;
  readonly transport: "tcp" | "pipe";
  /** What its server calls it: a credential. `null` where there is none. */
  readonly upstreamId: string | null;
  /** When it began, in milliseconds since the epoch. */
  readonly createdAt: number;
  readonly caller: Caller;
  readonly protocolVersion: string | null;
  client(): ClientClaim | null;
}

/** What a request does in its session while it is served. */
export interface SessionWork {
  /** JSON-RPC requests. */
  readonly calls: number;
  /** Whether it is an event stream without an end. */
  readonly stream: boolean;
}

/**
 * By which rules a session was taken: those of this process, those of all replicas, or those of this process because the others
 * cannot be asked.
 */
export type SessionScope = "process" | "shared" | "fallback";

/** A request of a session that is served. */
export interface SessionUse {
  readonly refused: null;
  readonly scope: SessionScope;
  /** Called once when the session is ended from this side; at once where it has been. Takes the place of the one before. */
  onEnd(listener: () => void): void;
  leave(): void;
}

export interface SessionRefusal {
  /** `over`: it has ended. `too_many`: there is no room for it. */
  readonly refused: "over" | "too_many";
  /** One sentence for the caller. */
  readonly message: string;
  readonly retryAfterSeconds: number;
}

/** Room for one session that is being opened. */
export interface SessionAdmission {
  readonly refused: null;
  readonly scope: SessionScope;
  /** It was opened, and takes the room; resolves when the other replicas know it. */
  opened(session: SeenSession): Promise<void> | void;
  /** Gives the room back unless it was taken. */
  release(): void;
}

/** What was seen in a session at one replica, and may be about what another one does in it. */
export type SessionNews = {
  readonly server: string;
  readonly fingerprint: string;
  readonly id: string | number;
} & (
  | {
      /** `cancelled`: a call of the client, by the id of its request. `responded`: to a request of the server, by the id of that. */
      readonly what: "cancelled" | "responded";
    }
  | {
      /** The response to a call came on a stream that was taken up again elsewhere. */
      readonly what: "ended";
      readonly ended: Pick<CallResult, "outcome" | "errorCode" | "message">;
      /** As its server wrote it; `null` where it is too large to be recorded. */
      readonly response: string | null;
    }
);

/** The sessions of the gateway, as MCP's endpoint needs them. */
export interface Sessions {
  /** Before a session is opened. */
  admit(caller: Caller): Awaitable<SessionAdmission | SessionRefusal>;
  /** Each request of a session. One that was begun elsewhere is known here from then on. */
  enter(seen: SeenSession, work: SessionWork): Awaitable<SessionUse | SessionRefusal>;
  /**
   * It is over, as its client or its server says: what it holds here is free. Whether this is the first that is heard of it,
   * at all replicas.
   */
  over(fingerprint: string, reason: SessionEndReason): Awaitable<boolean>;
  /** Ends it from this side. Whether this is the first that is heard of it, at all replicas. */
  end(fingerprint: string, reason: SessionEndReason): Awaitable<boolean>;
  /** Tells the other replicas. Nothing depends on it being heard. */
  announce?(news: SessionNews): void;
  /** Told of what others announce. One listener. */
  onAnnounced?(listener: (news: SessionNews) => void): void;
  /** Told of each session that is ended from this side, so that its server learns of it. One listener. */
  onEnd(listener: (session: EndedSession) => void): void;
}

/** A session that is ended from this side, as far as its server has to know it. */
export type EndedSession = Pick<
  SeenSession,
  "fingerprint" | "server" | "upstreamId" | "caller" | "protocolVersion"
>;
