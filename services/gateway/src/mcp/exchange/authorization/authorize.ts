import type { AuditReference, McpCall, Permit, Refusal } from "../../../domain/governance.ts";
import type { JsonRpcRequest } from "../../../domain/json-rpc.ts";
import type { JsonObject } from "@sark/json";
import type { OpenCall } from "../../calls/call-registry.ts";
import { refusalText, rejectionText } from "../../errors/error-response.ts";
import { Rejection } from "../../errors/rejection.ts";
import { CLIENT_NOTIFICATIONS, PSEUDO_METHODS } from "../../../mcp-protocol/vocabulary/methods.ts";
import { findRevision } from "../../../mcp-protocol/revisions.ts";
import { metaOf, progressTokenOf } from "../../../mcp-protocol/json-rpc/guards.ts";
import { notificationParams, otherParams, responseParams } from "../../request/other-params.ts";
import type { ClientMessage } from "../../../mcp-protocol/json-rpc/client-message.ts";
import { subjectsOf, type Subject } from "../../request/subjects.ts";
import { checkParamHeaders } from "./check-param-headers.ts";
import { reportRefused } from "../context/reports.ts";
import { callOf, type RequestContext } from "../context/request-context.ts";

/** What became of one message of a POST. */
export type Authorized =
  | {
      readonly type: "request";
      readonly message: JsonRpcRequest;
      readonly call: OpenCall;
      readonly permit: Permit;
    }
  | { readonly type: "one_way"; readonly message: ClientMessage["message"]; readonly permit: Permit }
  /**
   * Not to be sent. `text` is the error that says why; `retryAfterSeconds` when it may be tried again, if that is known;
   * `requiredScopes` those that a token for it has.
   */
  | {
      readonly type: "refused";
      readonly text: string;
      readonly audit: AuditReference | null;
      readonly retryAfterSeconds?: number | undefined;
      readonly requiredScopes?: readonly string[] | undefined;
    };

const NO_SUBJECT: Subject = { kind: "session", target: null, arguments: null };

/** Asks the governor about every message at once; each has an intent on record before this resolves. */
export async function authorizeAll(
  context: RequestContext,
  messages: readonly ClientMessage[],
): Promise<readonly Authorized[]> {
  const opened: OpenCall[] = [];
  try {
    const pending = messages.map((message) => prepare(context, message, messages.length > 1, opened));
    const [only] = pending;
    return only !== undefined && pending.length === 1
      ? [await only()]
      : await Promise.all(pending.map((authorize) => authorize()));
  } catch (error) {
    // The POST is refused as a whole: the ids taken so far are free again.
    for (const call of opened) {
      call.settle({ outcome: "cancelled" });
    }
    throw error;
  }
}

function prepare(
  context: RequestContext,
  { type, message }: ClientMessage,
  inBatch: boolean,
  opened: OpenCall[],
): () => Promise<Authorized> {
  if (type !== "request") {
    return () => authorizeOneWay(context, { type, message } as ClientMessage);
  }
  const { parts, caller } = context;
  try {
    const subjects = subjectsOf(message, context.era, parts.limits);
    const { method, id } = message;
    const call = parts.registry.open(context.scope, { method, progressToken: progressTokenOf(message) }, id);
    if (call === null) {
      throw new Rejection("duplicate_id", "A request with this id is still in flight in this session.");
    }
    opened.push(call);
    return () => authorizeRequest(context, message, subjects, call);
  } catch (error) {
    if (!inBatch || !(error instanceof Rejection)) {
      throw error;
    }
    reportRefused(context, error);
    return () =>
      Promise.resolve({
        type: "refused",
        text: rejectionText(message.id, error, caller),
        audit: null,
      });
  }
}

async function authorizeRequest(
  context: RequestContext,
  message: JsonRpcRequest,
  subjects: readonly Subject[],
  call: OpenCall,
): Promise<Authorized> {
  const { parts, caller } = context;
  const version = message.method === "initialize" ? offeredVersion(message.params) : null;
  const meta = metaOf(message);
  const params = otherParams(message);
  const permits: Permit[] = [];
  for (const subject of subjects) {
    const { method, id } = message;
    const asked = callOf(context, { method, id, subject, params, meta, version });
    const decision = await parts.governor.begin(asked, caller);
    if (decision.allowed) {
      permits.push(decision);
      continue;
    }
    call.permit(permits);
    call.settle({ outcome: "cancelled", message: "Another part of the same request was refused." });
    return {
      type: "refused",
      text: refusalText(message.id, decision, caller),
      audit: decision.audit,
      retryAfterSeconds: decision.retryAfterSeconds,
      requiredScopes: decision.requiredScopes,
    };
  }
  call.permit(permits);
  const checking = checkParamHeaders(context, message);
  const mismatch = checking instanceof Promise ? await checking : checking;
  if (mismatch !== null) {
    call.settle({ outcome: "protocol_error", errorCode: mismatch.code, message: mismatch.message });
    throw mismatch;
  }
  const [permit] = permits;
  if (permit === undefined) {
    throw new Error("a request must have a subject");
  }
  return { type: "request", message, call, permit };
}

/** Notifications and responses have no response, but they act on the server all the same. */
async function authorizeOneWay(context: RequestContext, message: ClientMessage): Promise<Authorized> {
  const decision = await context.parts.governor.begin(oneWayCall(context, message), context.caller);
  if (!decision.allowed) {
    return {
      type: "refused",
      text: refusalText(null, decision, context.caller),
      audit: decision.audit,
      retryAfterSeconds: decision.retryAfterSeconds,
      requiredScopes: decision.requiredScopes,
    };
  }
  return { type: "one_way", message: message.message, permit: decision };
}

function oneWayCall(context: RequestContext, { type, message }: ClientMessage): McpCall {
  if (type === "response") {
    const id = message.id ?? "";
    const params = responseParams(message);
    const kind = params === null ? "session" : "response";
    const subject = { ...NO_SUBJECT, kind } as const;
    return callOf(context, { method: PSEUDO_METHODS.response, id, subject, params, meta: null });
  }
  const kind = CLIENT_NOTIFICATIONS.has(message.method) ? "session" : "other";
  return callOf(context, {
    method: message.method,
    id: "",
    subject: { ...NO_SUBJECT, kind },
    params: notificationParams(message),
    meta: metaOf(message),
  });
}

/** For opening or ending a session's stream. */
export function beginPseudo(context: RequestContext, method: string): Promise<Permit | Refusal> {
  const call = callOf(context, { method, id: "", subject: NO_SUBJECT, params: null, meta: null });
  return context.parts.governor.begin(call, context.caller);
}

/** The revision that the client offers; only one that the gateway speaks, as it ends up in metric labels. */
function offeredVersion(params: JsonObject | undefined): string | null {
  const version = params?.["protocolVersion"];
  const revision = typeof version === "string" ? findRevision(version) : undefined;
  return revision?.era === "session" ? revision.name : null;
}
