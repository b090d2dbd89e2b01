import { whenReady, type Awaitable } from "../../domain/awaitable.ts";
import type { Caller } from "../../domain/governance.ts";
import type {
  ClientClaim,
  SeenSession,
  SessionAdmission,
  SessionRefusal,
  Sessions,
  SessionUse,
  SessionWork,
} from "../../domain/sessions.ts";
import type { Upstream } from "../../domain/upstream.ts";
import type { Revision } from "../../mcp-protocol/rules/revision.ts";
import { Rejection } from "../errors/rejection.ts";
import type { BoundSession, SessionBinding } from "./binding.ts";

/** Who does what at a server, and in which session; `null` without one. */
export interface InSession {
  readonly upstream: Upstream;
  readonly caller: Caller;
  readonly revision: Revision | null;
  readonly session: BoundSession | null;
  client(): ClientClaim | null;
}

/** The session as the registry knows it: one that has an id, or what the caller does here without one. */
export function seenSession(
  binding: Pick<SessionBinding, "activity">,
  { upstream, caller, revision, session, client }: InSession,
): SeenSession {
  return {
    fingerprint: session?.fingerprint ?? binding.activity(upstream.name, caller.principal),
    kind: session === null ? "activity" : "session",
    server: upstream.name,
    transport: upstream.transport,
    upstreamId: session?.upstreamId ?? null,
    createdAt: session?.createdAt ?? Date.now(),
    caller,
    protocolVersion: revision?.name ?? null,
    client,
  };
}

/** Throws a `Rejection` where the session is over, or there is no room for it. */
export function enterSession(
  parts: { readonly sessions: Sessions; readonly binding: SessionBinding },
  where: InSession,
  work: SessionWork,
): Awaitable<SessionUse> {
  return whenReady(parts.sessions.enter(seenSession(parts.binding, where), work), (use) => {
    if (use.refused !== null) {
      throw rejected(use);
    }
    return use;
  });
}

/** Room for a session that a client asks for. Throws a `Rejection` where there is none. */
export async function admitSession(sessions: Sessions, caller: Caller): Promise<SessionAdmission> {
  const admission = await sessions.admit(caller);
  if (admission.refused !== null) {
    throw rejected(admission);
  }
  return admission;
}

/** A request that begins a session is in none yet. */
export function noUse({ scope }: SessionAdmission): SessionUse {
  return { refused: null, scope, onEnd: () => undefined, leave: () => undefined };
}

function rejected({ refused, message, retryAfterSeconds }: SessionRefusal): Rejection {
  return refused === "over"
    ? new Rejection("unknown_session", message)
    : new Rejection("too_many_sessions", message, { headers: { "retry-after": String(retryAfterSeconds) } });
}
