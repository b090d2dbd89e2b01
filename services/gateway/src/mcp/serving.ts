import { Readable } from "node:stream";
import type { Presence, RequestKind } from "../domain/service.ts";
import type { SessionWork } from "../domain/sessions.ts";
import type { Upstream } from "../domain/upstream.ts";
import { headerOf } from "../mcp-protocol/http/headers.ts";
import { opensStream } from "../mcp-protocol/vocabulary/methods.ts";
import type { McpHttpResponse } from "./contract/http-message.ts";
import { Rejection } from "./errors/rejection.ts";
import { scopeOf, type EndpointParts, type RequestContext } from "./exchange/context/request-context.ts";
import { clientClaim } from "./request/client-claim.ts";
import type { PostBody } from "./request/read-body.ts";
import type { BoundSession } from "./session/binding.ts";
import type { Asked } from "./exchange/context/asked.ts";
import { forwardToHolder } from "./exchange/forward-to-holder.ts";
import { admitSession, enterSession, noUse } from "./session/session-use.ts";

/** What a POST is to a gateway that drains. */
export function kindOf({ messages }: PostBody): RequestKind {
  const methods = messages.map(({ message }) => ("method" in message ? message.method : ""));
  if (methods.includes("initialize")) {
    return "session";
  }
  return methods.some(opensStream) ? "stream" : "call";
}

/** Serves it while the gateway waits for it; refuses it where a gateway that drains takes none of its kind. */
export function present(
  { service }: EndpointParts,
  kind: RequestKind,
  serve: (presence: Presence) => Promise<McpHttpResponse>,
): Promise<McpHttpResponse> {
  const presence = service.enter(kind);
  if (presence === null) {
    throw new Rejection(
      "draining",
      "The gateway is taken out of service; try again, and reach another one.",
      {
        headers: { "retry-after": "1" },
      },
    );
  }
  return releasing(
    () => presence.leave(),
    () => serve(presence),
  );
}

/** Calls `release` when the response is complete, or cannot be any more. */
export async function releasing(
  release: () => void,
  respond: () => Promise<McpHttpResponse>,
): Promise<McpHttpResponse> {
  let streaming = false;
  try {
    const response = await respond();
    if (response.body instanceof Readable) {
      streaming = true;
      response.body.once("close", release);
    }
    return response;
  } finally {
    if (!streaming) {
      release();
    }
  }
}

/**
 * Serves it in its session, or in what its caller does at the server without one. Throws a `Rejection` when the session is
 * over, or is not one of this caller at this server.
 */
export async function serve(
  parts: EndpointParts,
  { request, upstream, presence, classification, body }: Asked,
  work: SessionWork,
  respond: (context: RequestContext) => Promise<McpHttpResponse>,
): Promise<McpHttpResponse> {
  const { caller } = request;
  const clientSessionId = headerOf(request.headers, "mcp-session-id") ?? null;
  const session = boundSession(parts, { request, upstream, classification }, clientSessionId);
  const holder = session === null ? null : holderOf(parts, upstream, session);
  if (session !== null && holder !== null) {
    if (request.forwarded === true) {
      throw new Rejection("unknown_session", "Session not found: it is at another replica of the gateway");
    }
    const asked = { request, upstream, presence, classification, body };
    return await forwardToHolder(parts, asked, { session, holder });
  }
  const client = () => clientClaim(body?.messages ?? []);
  const begins = session === null && body !== null && kindOf(body) === "session";
  const admission = begins ? await admitSession(parts.sessions, caller) : null;
  const where = { upstream, caller, revision: classification.revision, session, client };
  const entering = admission === null ? enterSession(parts, where, work) : noUse(admission);
  const use = entering instanceof Promise ? await entering : entering;
  const context = {
    parts,
    request,
    caller,
    presence,
    upstream,
    era: classification.era,
    revision: classification.revision,
    session,
    clientSessionId,
    scope: scopeOf({ upstream, session, caller }),
    use,
    admission,
    client,
  };
  const leave = () => {
    use.leave();
    admission?.release();
  };
  return await releasing(leave, () => respond(context));
}

/** The other replica at which its process is; `null` where it is here, or has none. */
function holderOf({ forwarding }: EndpointParts, upstream: Upstream, session: BoundSession): string | null {
  return upstream.transport === "pipe" ? (forwarding?.holderOf(session.upstreamId) ?? null) : null;
}

function boundSession(
  { binding }: EndpointParts,
  { request, upstream, classification }: Pick<Asked, "request" | "upstream" | "classification">,
  clientSessionId: string | null,
): BoundSession | null {
  if (clientSessionId === null || classification.era !== "session") {
    return null;
  }
  const session = binding.resolve(upstream.name, request.caller.principal, clientSessionId);
  if (session === null) {
    throw new Rejection("unknown_session", "Session not found");
  }
  return session;
}
