import type { Forwarding } from "../domain/forwarding.ts";
import type { Governor } from "../domain/governance.ts";
import type { JsonRpcId } from "../domain/json-rpc.ts";
import type { Service } from "../domain/service.ts";
import type { Sessions } from "../domain/sessions.ts";
import type { Upstream } from "../domain/upstream.ts";
import { createCallRegistry } from "./calls/call-registry.ts";
import { createOpenServerRequests } from "./calls/open-server-requests.ts";
import { createFairQueue, ONLY_TURNS } from "@sark/scheduling";
import { createCallerCounter } from "./calls/caller-counter.ts";
import { rejectionText } from "./errors/error-response.ts";
import { Rejection, rejectionOf } from "./errors/rejection.ts";
import { jsonResponse } from "./exchange/responding/responses.ts";
import type { EndpointParts } from "./exchange/context/request-context.ts";
import { sessionScope } from "./exchange/context/session-scope.ts";
import { endSession } from "./exchange/end-session.ts";
import { hearEnd } from "./exchange/relaying/announce-end.ts";
import { post } from "./exchange/post.ts";
import { openSessionStream } from "./exchange/session-stream.ts";
import { headerOf } from "../mcp-protocol/http/headers.ts";
import type { McpHttpRequest, McpHttpResponse } from "./contract/http-message.ts";
import type { McpLimits } from "./contract/limits.ts";
import type { McpObserver } from "./contract/observer.ts";
import { classifyPost } from "../mcp-protocol/classify.ts";
import { checkStreamAccept, sessionRevision } from "../mcp-protocol/session-headers.ts";
import { isStatelessName } from "../mcp-protocol/revisions.ts";
import { resumedEvent } from "./exchange/resumed-event.ts";
import { checkContent, checkLastEventId } from "./request/http-rules.ts";
import { parseBody, readMessages } from "./request/read-body.ts";
import { createHeldBytes } from "./response/held-bytes.ts";
import { createSessionBinding } from "./session/binding.ts";
import { kindOf, present, releasing, serve } from "./serving.ts";
import { leaveSession } from "./exchange/sending/leave-session.ts";

export interface McpEndpointOptions {
  readonly governor: Governor;
  /** The configured server of this name. */
  upstreams(name: string): Upstream | undefined;
  /** At least 32 secret bytes, the same on every replica. */
  readonly sessionKey: Buffer;
  readonly toolSchema: EndpointParts["toolSchema"];
  readonly limits: McpLimits;
  readonly observer: McpObserver;
  readonly service: Service;
  readonly sessions: Sessions;
  /** To replicas that hold the processes of sessions; without it each is alone. */
  readonly forwarding?: Forwarding | null;
  readonly scopeChallenge: EndpointParts["scopeChallenge"];
  /** Whether responses say where the record of their call stands. */
  readonly auditReferences: boolean;
}

export interface McpEndpoint {
  /** Responds to one request to `/mcp/{server}`. Never rejects on account of the client or the upstream server. */
  handle(request: McpHttpRequest): Promise<McpHttpResponse>;
  /** Bytes of responses that clients have not taken yet. */
  heldBytes(): number;
}

/** The pass-through MCP proxy: every message is checked, decided about and recorded before it goes upstream. */
export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { governor, upstreams, sessionKey, limits, observer, service, sessions, auditReferences } = options;
  const parts: EndpointParts = {
    governor,
    toolSchema: options.toolSchema,
    scopeChallenge: options.scopeChallenge,
    limits,
    observer,
    service,
    sessions,
    forwarding: options.forwarding ?? null,
    auditReferences,
    binding: createSessionBinding(sessionKey),
    registry: createCallRegistry(limits),
    streams: createCallerCounter(limits.maxStreamsPerCaller),
    calls: createCallerCounter(limits.maxCallsPerCaller),
    held: createHeldBytes({
      maxPerCaller: limits.maxHeldBytesPerCaller,
      maxTotal: limits.maxHeldBytes,
      always: limits.alwaysHeldBytes,
    }),
    reading: createFairQueue(ONLY_TURNS),
    serverRequests: createOpenServerRequests(),
  };
  sessions.onAnnounced?.((news) => {
    if (news.what === "ended") {
      hearEnd(parts, news);
      return;
    }
    const { what, server, fingerprint, id } = news;
    const scope = sessionScope(server, fingerprint);
    if (what === "cancelled") {
      parts.registry.cancel(scope, id);
    } else {
      parts.serverRequests.closed(scope, id);
    }
  });
  sessions.onEnd((session) => {
    const upstream = upstreams(session.server);
    if (upstream !== undefined) {
      leaveSession(parts, upstream, session);
    }
  });

  return {
    heldBytes: () => parts.held.total,
    async handle(request) {
      const upstream = upstreams(request.server);
      const echo: { id: JsonRpcId | null } = { id: null };
      try {
        if (upstream === undefined) {
          throw new Rejection("unknown_server", "There is no MCP server of this name.");
        }
        return await route(parts, request, upstream, echo);
      } catch (error) {
        const rejection = rejectionOf(error);
        if (rejection === null) {
          throw error;
        }
        const { status, type, message, headers } = rejection;
        observer.requestRefused({
          server: upstream?.name ?? null,
          status,
          errorType: type,
          message,
          caller: request.caller,
        });
        return jsonResponse(status, rejectionText(echo.id, rejection, request.caller), headers);
      }
    },
  };
}

function route(
  parts: EndpointParts,
  request: McpHttpRequest,
  upstream: Upstream,
  echo: { id: JsonRpcId | null },
): Promise<McpHttpResponse> {
  switch (request.method) {
    case "POST":
      return routePost(parts, request, upstream, echo);
    case "GET": {
      refuseStateless(request);
      checkStreamAccept(request.headers);
      checkLastEventId(request.headers);
      const revision = sessionRevision(request.headers);
      const classification = { era: "session", revision } as const;
      return present(parts, "stream", (presence) => {
        const asked = { request, upstream, presence, classification, body: null };
        return serve(parts, asked, { calls: 0, stream: true }, (context) =>
          openSessionStream(context, resumedEvent(context)),
        );
      });
    }
    case "DELETE": {
      refuseStateless(request);
      const revision = sessionRevision(request.headers);
      const classification = { era: "session", revision } as const;
      return present(parts, "end", (presence) => {
        const asked = { request, upstream, presence, classification, body: null };
        return serve(parts, asked, { calls: 0, stream: false }, endSession);
      });
    }
    default:
      throw new Rejection("method_not_allowed", "Method not allowed.", {
        headers: { allow: "GET, POST, DELETE" },
      });
  }
}

function routePost(
  parts: EndpointParts,
  request: McpHttpRequest,
  upstream: Upstream,
  echo: { id: JsonRpcId | null },
): Promise<McpHttpResponse> {
  const { limits } = parts;
  checkContent(request.headers);
  const parsed = parseBody(request.body, limits);
  echo.id = parsed.id;
  const body = readMessages(parsed, limits);
  const classification = classifyPost(request.headers, body.messages, body.batch);
  const kind = kindOf(body);
  return present(parts, kind, (presence) => {
    const calls = body.messages.filter(({ type }) => type === "request").length;
    const asked = { request, upstream, presence, classification, body };
    return serve(parts, asked, { calls, stream: kind === "stream" }, (context) => {
      const release = parts.calls.take(request.caller.principal, calls);
      if (release === null) {
        throw new Rejection("too_many_calls", "Too many of your calls wait for their responses; try again.", {
          headers: { "retry-after": "1" },
        });
      }
      return releasing(release, () => post(context, body, request.body ?? Buffer.alloc(0)));
    });
  });
}

/** In stateless revisions there is no stream to open and no session to end. */
function refuseStateless(request: McpHttpRequest): void {
  if (!isStatelessName(headerOf(request.headers, "mcp-protocol-version"))) {
    return;
  }
  throw new Rejection("method_not_allowed", "Method not allowed.", { headers: { allow: "POST" } });
}
