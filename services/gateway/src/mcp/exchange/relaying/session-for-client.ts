import type { UpstreamResponse } from "../../../domain/upstream.ts";
import { MalformedResponse } from "../../errors/malformed-response.ts";
import type { Outgoing } from "../sending/outgoing.ts";

/**
 * The session id to give to the client: a new one is bound to the caller, a known one is named as the client knows
 * it. Throws a `MalformedResponse` when the server's own is no session id.
 */
export function sessionForClient({ context, calls }: Outgoing, head: UpstreamResponse): string | null {
  const id = head.headers["mcp-session-id"];
  const { session, clientSessionId, parts, upstream, caller } = context;
  if (id === undefined || context.era === "stateless") {
    return null;
  }
  if (session !== null && id === session.upstreamId) {
    return clientSessionId;
  }
  // Sessions begin with initialize; an id at any other time is passed on to no client.
  const opening = calls.find(({ method }) => method === "initialize");
  if (opening === undefined) {
    return null;
  }
  const bound = parts.binding.bind(upstream.name, caller.principal, id);
  if (bound === null) {
    throw new MalformedResponse("The session id is no visible ASCII.", "invalid_session_id");
  }
  const fingerprint = parts.binding.fingerprint(upstream.name, caller.principal, id);
  opening.openedSession = { upstreamId: id, fingerprint };
  return bound;
}
