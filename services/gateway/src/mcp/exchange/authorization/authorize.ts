import type { McpCall, Permit, Refusal } from "../../../domain/governance.ts";
import type { JsonRpcRequest } from "../../../domain/json-rpc.ts";
import type { JsonObject } from "../../../domain/json.ts";
import type { OpenCall } from "../../calls/call-registry.ts";
import { refusalText, rejectionText } from "../../errors/error-response.ts";
import { Rejection } from "../../errors/rejection.ts";
import { CLIENT_NOTIFICATIONS, PSEUDO_METHODS } from "../../../mcp-protocol/vocabulary/methods.ts";
import { findRevision } from "../../../mcp-protocol/revisions.ts";
import { metaOf, progressTokenOf } from "../../../mcp-protocol/json-rpc/guards.ts";
import { noticeParams, otherParams, responseParams } from "../../request/other-params.ts";
import type { ClientMessage } from "../../../mcp-protocol/json-rpc/client-message.ts";
import { subjectsOf, type Subject } from "../../request/subjects.ts";
import { judgeParamHeaders } from "./check-param-headers.ts";
import { callOf, scopeOf, type Conversation } from "../context/request-context.ts";

/** What became of one message of a POST. */
export type Authorized =
  | {
      readonly type: "request";
      readonly message: JsonRpcRequest;
      readonly call: OpenCall;
      readonly permit: Permit;
    }
  | { readonly type: "notice"; readonly message: ClientMessage["message"]; readonly permit: Permit }
  /** Not to be sent. `text` is the error that says why. */
  | { readonly type: "refused"; readonly text: string };

const NO_SUBJECT: Subject = { kind: "session", target: null, arguments: null };

/** Asks the governor about every message at once; each has an intent on record before this resolves. */
export async function authorizeAll(
  conversation: Conversation,
  messages: readonly ClientMessage[],
): Promise<readonly Authorized[]> {
  const opened: OpenCall[] = [];
  try {
    const pending = messages.map((message) => prepare(conversation, message, messages.length > 1, opened));
    return await Promise.all(pending.map((authorize) => authorize()));
  } catch (error) {
    // The POST is refused as a whole: the ids taken so far are free again.
    for (const call of opened) {
      call.settle({ outcome: "cancelled" });
    }
    throw error;
  }
}

function prepare(
  conversation: Conversation,
  { type, message }: ClientMessage,
  inBatch: boolean,
  opened: OpenCall[],
): () => Promise<Authorized> {
  if (type !== "request") {
    return () => authorizeNotice(conversation, { type, message } as ClientMessage);
  }
  const { parts, caller } = conversation;
  try {
    const subjects = subjectsOf(message, conversation.era, parts.limits);
    const { method, id } = message;
    const call = parts.registry.open(
      scopeOf(conversation),
      { method, progressToken: progressTokenOf(message) },
      id,
    );
    if (call === null) {
      throw new Rejection("duplicate_id", "A request with this id is still in flight in this session.");
    }
    opened.push(call);
    return () => authorizeRequest(conversation, message, subjects, call);
  } catch (error) {
    if (!inBatch || !(error instanceof Rejection)) {
      throw error;
    }
    refuse(conversation, error);
    return () => Promise.resolve({ type: "refused", text: rejectionText(message.id, error, caller) });
  }
}

async function authorizeRequest(
  conversation: Conversation,
  message: JsonRpcRequest,
  subjects: readonly Subject[],
  call: OpenCall,
): Promise<Authorized> {
  const { parts, caller } = conversation;
  const version = message.method === "initialize" ? offeredVersion(message.params) : null;
  const meta = metaOf(message);
  const params = otherParams(message);
  const permits: Permit[] = [];
  for (const subject of subjects) {
    const { method, id } = message;
    const asked = callOf(conversation, { method, id, subject, params, meta, version });
    const decision = await parts.governor.begin(asked, caller);
    if (decision.allowed) {
      permits.push(decision);
      continue;
    }
    call.permit(permits);
    call.settle({ outcome: "cancelled", message: "Another part of the same request was refused." });
    return { type: "refused", text: refusalText(message.id, decision, caller) };
  }
  call.permit(permits);
  const mismatch = await judgeParamHeaders(conversation, message);
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

/** Notifications and responses have no answer, but they act on the server all the same. */
async function authorizeNotice(conversation: Conversation, notice: ClientMessage): Promise<Authorized> {
  const decision = await conversation.parts.governor.begin(
    noticeCall(conversation, notice),
    conversation.caller,
  );
  if (!decision.allowed) {
    return { type: "refused", text: refusalText(null, decision, conversation.caller) };
  }
  return { type: "notice", message: notice.message, permit: decision };
}

function noticeCall(conversation: Conversation, { type, message }: ClientMessage): McpCall {
  if (type === "response") {
    const id = message.id ?? "";
    const params = responseParams(message);
    const kind = params === null ? "session" : "response";
    const subject = { ...NO_SUBJECT, kind } as const;
    return callOf(conversation, { method: PSEUDO_METHODS.response, id, subject, params, meta: null });
  }
  const kind = CLIENT_NOTIFICATIONS.has(message.method) ? "session" : "other";
  return callOf(conversation, {
    method: message.method,
    id: "",
    subject: { ...NO_SUBJECT, kind },
    params: noticeParams(message),
    meta: metaOf(message),
  });
}

/** For opening or ending a session's stream. */
export function beginPseudo(conversation: Conversation, method: string): Promise<Permit | Refusal> {
  const call = callOf(conversation, { method, id: "", subject: NO_SUBJECT, params: null, meta: null });
  return conversation.parts.governor.begin(call, conversation.caller);
}

/** One observer event for a message that the gateway answers itself. */
export function refuse({ parts, upstream, caller }: Conversation, rejection: Rejection): void {
  parts.observer.requestRefused({
    server: upstream.name,
    status: rejection.status,
    errorType: rejection.type,
    message: rejection.message,
    caller,
  });
}

/** The revision that the client offers; only one that the gateway speaks, as it ends up in metric labels. */
function offeredVersion(params: JsonObject | undefined): string | null {
  const version = params?.["protocolVersion"];
  return typeof version === "string" ? (findRevision(version)?.name ?? null) : null;
}
