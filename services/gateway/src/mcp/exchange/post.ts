import { isJsonObject } from "../../domain/json.ts";
import type { McpHttpResponse } from "../http-message.ts";
import { followArguments } from "../protocol/rev-2026/param-headers.ts";
import type { PostBody } from "../request/read-body.ts";
import { postHeaders } from "../request/upstream-headers.ts";
import { ACCEPTED, jsonAnswer, NOBODY_LISTENS } from "./answers.ts";
import { authorizeAll, type Authorized } from "./authorize.ts";
import { scopeOf, type Conversation } from "./conversation.ts";
import { forwardCalls } from "./forward-calls.ts";
import { forwardNotices } from "./forward-notices.ts";
import type { Outgoing } from "./outgoing.ts";
import { upstreamBody } from "./upstream-body.ts";

/** A POST whose transport was found to be right: decide about its messages, send what may go, relay the answer. */
export async function post(
  conversation: Conversation,
  body: PostBody,
  bytes: Buffer,
): Promise<McpHttpResponse> {
  markCancellations(conversation, body);
  const authorized = await authorizeAll(conversation, body.messages);
  const outgoing = prepare(conversation, body, bytes, authorized);
  if (conversation.request.signal.aborted) {
    settleUnsent(outgoing);
    return NOBODY_LISTENS;
  }
  if (outgoing.calls.length > 0) return forwardCalls(outgoing);
  const answered = authorized.flatMap((item) =>
    item.type === "refused" && item.text !== null ? [item.text] : [],
  );
  if (outgoing.notices.length > 0) {
    const answer = await forwardNotices(outgoing);
    return outgoing.refusals.length === 0 ? answer : jsonAnswer(200, `[${outgoing.refusals.join(",")}]`);
  }
  const isRequest = body.messages.some(({ type }) => type === "request");
  if (answered.length === 0) return ACCEPTED;
  return jsonAnswer(isRequest ? 200 : 403, body.batch ? `[${answered.join(",")}]` : (answered[0] ?? ""));
}

function prepare(
  conversation: Conversation,
  body: PostBody,
  bytes: Buffer,
  authorized: readonly Authorized[],
): Outgoing {
  const sent = upstreamBody(body, bytes, authorized);
  const permitted = authorized.filter((item) => item.type !== "refused");
  const headers = postHeaders({
    incoming: conversation.request.headers,
    era: conversation.era,
    version: conversation.version,
    session: conversation.session,
    traceContext: permitted[0]?.permit.traceContext ?? {},
  });
  const [first] = permitted;
  if (first?.type === "request" && first.permit.filteredArguments !== null) {
    const original = first.message.params?.["arguments"];
    followArguments(headers, isJsonObject(original) ? original : null, first.permit.filteredArguments);
  }
  const requestIds = new Set(
    body.messages.flatMap(({ type, message }) => (type === "request" ? [message.id] : [])),
  );
  return {
    conversation,
    batch: body.batch,
    calls: permitted.flatMap((item) => (item.type === "request" ? [item.call] : [])),
    notices: permitted.filter((item) => item.type === "notice"),
    refusals: authorized.flatMap((item, index) => {
      const message = body.messages[index];
      const answers = message?.type === "request" && requestIds.has(message.message.id);
      return item.type === "refused" && item.text !== null && answers ? [item.text] : [];
    }),
    send(signal) {
      for (const item of permitted) reportForwarded(conversation, item);
      return conversation.upstream.exchange({
        method: "POST",
        headers,
        messages: sent?.messages ?? [],
        body: sent?.bytes ?? bytes,
        signal,
      });
    },
  };
}

/** A client that cancels a request does not wait for its answer, even if the server should never hear of it. */
function markCancellations(conversation: Conversation, body: PostBody): void {
  for (const { type, message } of body.messages) {
    if (type !== "notification" || message.method !== "notifications/cancelled") continue;
    const id = message.params?.["requestId"];
    if (typeof id !== "string" && typeof id !== "number") continue;
    conversation.parts.registry.cancel(scopeOf(conversation), id);
  }
}

function reportForwarded(
  { parts, upstream }: Conversation,
  item: Exclude<Authorized, { type: "refused" }>,
): void {
  const { message } = item;
  const method = "method" in message ? message.method : "";
  const notice = method === "" ? "response" : "notification";
  parts.observer.messageForwarded({
    server: upstream.name,
    type: item.type === "request" ? "request" : notice,
    method,
  });
}

function settleUnsent(outgoing: Outgoing): void {
  const result = { outcome: "cancelled", message: "The client went away before the call was made." } as const;
  for (const call of outgoing.calls) call.settle(result);
  for (const notice of outgoing.notices) notice.permit.finish(result);
}
