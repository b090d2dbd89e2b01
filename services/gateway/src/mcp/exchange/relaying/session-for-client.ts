import { whenReady, type Awaitable } from "../../../domain/awaitable.ts";
import type { UpstreamResponse } from "../../../domain/upstream.ts";
import { seenSession } from "../../session/session-use.ts";
import { MalformedResponse } from "../../errors/malformed-response.ts";
import type { RequestContext } from "../context/request-context.ts";
import type { Outgoing } from "../sending/outgoing.ts";

/**
 * The session id to give to the client: a new one is bound to the caller, a known one is named as the client knows
 * it. Throws a `MalformedResponse` when the server's own is no session id.
 */
export function sessionForClient(
  { context, calls }: Outgoing,
  head: UpstreamResponse,
): Awaitable<string | null> {
  const id = head.headers["mcp-session-id"];
  const { session, clientSessionId, parts, upstream, caller } = context;
  if (id === undefined || context.era === "stateless") {
    return context.admission === null ? null : noteBeginning(context);
  }
  if (session !== null && id === session.upstreamId) {
    return clientSessionId;
  }
  // Sessions begin with initialize; an id at any other time is passed on to no client.
  const opening = calls.find(({ method }) => method === "initialize");
  if (opening === undefined) {
    return null;
  }
  const createdAt = Date.now();
  const bound = parts.binding.bind(upstream.name, caller.principal, id, createdAt);
  if (bound === null) {
    throw new MalformedResponse("The session id is no visible ASCII.", "invalid_session_id");
  }
  const fingerprint = parts.binding.fingerprint(upstream.name, caller.principal, id);
  opening.openedSession = { upstreamId: id, fingerprint, createdAt };
  const seen = seenSession(parts.binding, { ...context, session: opening.openedSession });
  return whenReady(context.admission?.opened(seen), () => bound);
}

/** A server without sessions: what its client says of itself belongs to what the caller does there. */
async function noteBeginning(context: RequestContext): Promise<null> {
  const { parts } = context;
  const use = await parts.sessions.enter(seenSession(parts.binding, context), { calls: 1, stream: false });
  if (use.refused === null) {
    use.leave();
  }
  return null;
}
