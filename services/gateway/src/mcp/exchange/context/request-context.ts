import type { Caller, Governor, McpCall } from "../../../domain/governance.ts";
import type { Forwarding } from "../../../domain/forwarding.ts";
import type { JsonObject } from "@sark/json";
import type { JsonRpcId } from "../../../domain/json-rpc.ts";
import { principalKey } from "@sark/authentication";
import type { Presence, Service } from "../../../domain/service.ts";
import type { ClientClaim, SessionAdmission, Sessions, SessionUse } from "../../../domain/sessions.ts";
import type { Upstream } from "../../../domain/upstream.ts";
import type { CallRegistry, CallScope } from "../../calls/call-registry.ts";
import type { OpenServerRequests } from "../../calls/open-server-requests.ts";
import type { CallerCounter } from "../../calls/caller-counter.ts";
import type { FairQueue } from "@sark/scheduling";
import type { McpHttpRequest } from "../../contract/http-message.ts";
import type { HeldBytes } from "../../response/held-bytes.ts";
import type { McpLimits } from "../../contract/limits.ts";
import type { McpObserver } from "../../contract/observer.ts";
import type { Era, Revision } from "../../../mcp-protocol/rules/revision.ts";
import type { Subject } from "../../request/subjects.ts";
import type { TraceRoute } from "../../request/trace-context.ts";
import type { BoundSession, SessionBinding } from "../../session/binding.ts";
import { sessionScope } from "./session-scope.ts";

/** What every exchange of the endpoint shares. */
export interface EndpointParts {
  readonly governor: Governor;
  readonly limits: McpLimits;
  readonly observer: McpObserver;
  readonly service: Service;
  /** Whether responses say where the record of their call stands. */
  readonly auditReferences: boolean;
  readonly binding: SessionBinding;
  readonly sessions: Sessions;
  /** To replicas that hold the processes of sessions; `null` where each is alone. */
  readonly forwarding: Forwarding | null;
  readonly registry: CallRegistry;
  readonly streams: CallerCounter;
  /** Requests that wait for their responses, those of a batch one by one. */
  readonly calls: CallerCounter;
  /** Room for responses until their clients have taken them. */
  readonly held: HeldBytes;
  /** Where the reading of what upstream servers sent has its turns. */
  readonly reading: FairQueue;
  readonly serverRequests: OpenServerRequests;
  /** The schema of a tool's arguments, as the server lists it; rejects where the server cannot be asked. */
  toolSchema(server: string, tool: string): Promise<JsonObject | undefined>;
  /** Value of `WWW-Authenticate` where a token lacks these scopes at a server. */
  scopeChallenge(scopes: readonly string[], server: string): string;
}

/** What the gateway knows of one HTTP request, whose transport was found to be right, while it serves it. */
export interface RequestContext {
  readonly parts: EndpointParts;
  readonly request: McpHttpRequest;
  readonly caller: Caller;
  /** How it stands to a gateway that drains. */
  readonly presence: Presence;
  readonly upstream: Upstream;
  readonly era: Era;
  /** `null` where a request of a session does not name one. */
  readonly revision: Revision | null;
  readonly session: BoundSession | null;
  /** The session's id as the client knows it. */
  readonly clientSessionId: string | null;
  /** Where the ids of its JSON-RPC requests must differ. */
  readonly scope: CallScope;
  /** This request in its session, or in what its caller does at the server without one. */
  readonly use: SessionUse;
  /** Room for the session that it asks for; `null` where it asks for none. */
  readonly admission: SessionAdmission | null;
  /** What its client says that it is. */
  client(): ClientClaim | null;
}

/** Where the ids of a request's JSON-RPC requests must differ. */
export function scopeOf({
  upstream,
  session,
  caller,
}: Pick<RequestContext, "upstream" | "session" | "caller">): CallScope {
  if (session !== null) {
    return sessionScope(upstream.name, session.fingerprint);
  }
  return { key: JSON.stringify(["caller", upstream.name, principalKey(caller.principal)]), exclusive: false };
}

/** How trace context travels upstream with it. */
export function traceRouteOf({ upstream, era, caller }: RequestContext): TraceRoute {
  return { upstream, era, clientTraces: caller.traceHeaders["traceparent"] !== undefined };
}

/** A message in the governor's terms. */
export function callOf(
  context: RequestContext,
  message: {
    readonly method: string;
    /** `""` for what has no id. */
    readonly id: JsonRpcId;
    readonly subject: Subject;
    readonly params: McpCall["params"];
    readonly meta: McpCall["meta"];
    readonly version?: string | null;
  },
): McpCall {
  const { upstream, session, revision } = context;
  return {
    ...message.subject,
    server: upstream.name,
    method: message.method,
    params: message.params,
    requestId: message.id,
    protocolVersion: message.version ?? revision?.name ?? null,
    sessionId: session?.fingerprint ?? null,
    sessionScope: context.use.scope,
    meta: message.meta,
  };
}
