import type { UpstreamResponse } from "../../../domain/upstream.ts";
import { MalformedAnswer } from "../../errors/upstream-failure.ts";
import type { Outgoing } from "../sending/outgoing.ts";

/**
 * The session id to give to the client: a new one is bound to the caller, a known one is named as the client knows
 * it. Throws a `MalformedAnswer` when the server's own is no session id.
 */
export function sessionForClient({ conversation, calls }: Outgoing, head: UpstreamResponse): string | null {
  const id = head.headers["mcp-session-id"];
  const { session, clientSessionId, parts, upstream, caller } = conversation;
  if (id === undefined || conversation.era === "stateless") {
    return null;
  }
  if (session !== null && id === session.upstreamId) {
    return clientSessionId;
  }
  // Sessions begin with initialize; an id out of the blue belongs to nobody.
  const opening = calls.find(({ method }) => method === "initialize");
  if (opening === undefined) {
    return null;
  }
  const bound = parts.binding.bind(upstream.name, caller.principal, id);
  if (bound === null) {
    throw new MalformedAnswer("The session id is no visible ASCII.", "invalid_session_id");
  }
  opening.openedSession = parts.binding.fingerprint(upstream.name, caller.principal, id);
  return bound;
}
