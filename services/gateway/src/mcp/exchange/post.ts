import type { Awaitable } from "../../domain/awaitable.ts";
import type { AuditReference, CallResult } from "../../domain/governance.ts";
import type { JsonRpcId } from "../../domain/json-rpc.ts";
import type { McpHttpResponse } from "../contract/http-message.ts";
import type { PostBody } from "../request/read-body.ts";
import {
  ACCEPTED,
  jsonResponse,
  CLIENT_LEFT,
  referring,
  refusalsResponse,
  insufficientScope,
} from "./responding/responses.ts";
import { authorizeAll, type Authorized } from "./authorization/authorize.ts";
import type { RequestContext } from "./context/request-context.ts";
import { forwardCalls } from "./forward-calls.ts";
import { forwardOneWay } from "./forward-one-way.ts";
import { prepareOutgoing, type Outgoing } from "./sending/outgoing.ts";

const CLIENT_LEFT_EARLY = {
  outcome: "cancelled",
  message: "The client left before the call was sent.",
  unsent: true,
} as const;
const FAULT = {
  outcome: "upstream_error",
  message: "The gateway could not send the call.",
  unsent: true,
} as const;

/** A POST whose transport was found to be right: decide about its messages, send what may go, relay the response. */
export async function post(context: RequestContext, body: PostBody, bytes: Buffer): Promise<McpHttpResponse> {
  noteWhatIsOver(context, body);
  const authorized = await authorizeAll(context, body.messages);
  const response = await send(context, body, bytes, authorized);
  const [only] = authorized;
  return only === undefined || body.batch ? response : referring(response, context, auditOf(only));
}

function send(
  context: RequestContext,
  body: PostBody,
  bytes: Buffer,
  authorized: readonly Authorized[],
): Awaitable<McpHttpResponse> {
  let outgoing: Outgoing | null = null;
  try {
    outgoing = prepareOutgoing(context, body, bytes, authorized);
  } finally {
    if (outgoing === null) {
      settleUnsent(authorized, FAULT);
    }
  }
  if (context.request.signal.aborted) {
    settleUnsent(authorized, CLIENT_LEFT_EARLY);
    return CLIENT_LEFT;
  }
  const { calls, refusals, oneWay } = outgoing;
  if (calls.length > 0 && oneWay.length === 0 && calls.every(({ cancelled }) => cancelled)) {
    // The server was told of a cancellation that it could not understand: it must not begin the work after that.
    settleUnsent(authorized, CLIENT_LEFT_EARLY);
    return refusals.length === 0 ? ACCEPTED : refusalsResponse(outgoing);
  }
  if (calls.length > 0) {
    return forwardCalls(outgoing);
  }
  if (oneWay.length === 0) {
    return (
      (body.batch ? null : lackingScopes(context, authorized)) ??
      limited(authorized, body.batch) ??
      (refusals.length === 0 ? forbidden(authorized, body.batch) : refusalsResponse(outgoing))
    );
  }
  return forwardOneWay(outgoing).then((response) =>
    refusals.length === 0 ? response : refusalsResponse(outgoing),
  );
}

function auditOf(authorized: Authorized): AuditReference | null {
  return authorized.type === "refused" ? authorized.audit : authorized.permit.audit;
}

/**
 * A single message that may be sent again later: HTTP's own status says so to whatever stands between, and the error to
 * the client. In a batch, of one call also, each refused call has its error among the responses, which come with 200.
 */
function limited(authorized: readonly Authorized[], batch: boolean): McpHttpResponse | null {
  const [only] = authorized;
  if (batch || only?.type !== "refused" || only.retryAfterSeconds === undefined) {
    return null;
  }
  return jsonResponse(429, only.text, { "retry-after": String(only.retryAfterSeconds) });
}

/** A single message whose token lacks scopes: where to get them stands in the head, and clients look nowhere else. */
function lackingScopes(context: RequestContext, authorized: readonly Authorized[]): McpHttpResponse | null {
  const [only] = authorized;
  return only?.type === "refused" && only.requiredScopes !== undefined
    ? insufficientScope(context, only.text, only.requiredScopes)
    : null;
}

/** Nothing of it may be sent, and nothing of it has a response: the status has to say so. */
function forbidden(authorized: readonly Authorized[], batch: boolean): McpHttpResponse {
  const texts = authorized.flatMap((item) => (item.type === "refused" ? [item.text] : []));
  return jsonResponse(403, batch ? `[${texts.join(",")}]` : (texts[0] ?? ""));
}

/**
 * A client that cancels a request does not wait for its response, even if the server should never hear of it; one that
 * responds to a request of the server is not waited for any more.
 */
function noteWhatIsOver(context: RequestContext, body: PostBody): void {
  const { serverRequests, registry } = context.parts;
  for (const { type, message } of body.messages) {
    if (type === "response") {
      const id = message.id ?? "";
      if (!serverRequests.closed(context.scope, id)) {
        announce(context, "responded", id);
      }
    }
    if (type !== "notification" || message.method !== "notifications/cancelled") {
      continue;
    }
    const id = message.params?.["requestId"];
    if (typeof id !== "string" && typeof id !== "number") {
      continue;
    }
    if (registry.find(context.scope, id) === null) {
      announce(context, "cancelled", id);
    } else {
      registry.cancel(context.scope, id);
    }
  }
}

/** It is about nothing here: perhaps about what another replica does in the same session. */
function announce(
  { parts, session, upstream }: RequestContext,
  what: "cancelled" | "responded",
  id: JsonRpcId,
): void {
  if (session !== null) {
    parts.sessions.announce?.({ what, server: upstream.name, fingerprint: session.fingerprint, id });
  }
}

function settleUnsent(authorized: readonly Authorized[], result: CallResult): void {
  for (const item of authorized) {
    if (item.type === "request") {
      item.call.settle(result);
    }
    if (item.type === "one_way") {
      item.permit.finish(result);
    }
  }
}
