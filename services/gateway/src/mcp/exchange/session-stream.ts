import { failureText, rejectionText } from "../errors/error-response.ts";
import { Rejection } from "../errors/rejection.ts";
import { failureOf, MalformedAnswer } from "../errors/upstream-failure.ts";
import type { Permit } from "../../domain/governance.ts";
import type { UpstreamResponse } from "../../domain/upstream.ts";
import { headerOf, mediaType } from "../../mcp-protocol/http/headers.ts";
import type { McpHttpResponse } from "../contract/http-message.ts";
import { PSEUDO_METHODS } from "../../mcp-protocol/vocabulary/methods.ts";
import { headerTrace } from "../request/trace-context.ts";
import { sessionHeaders } from "../request/upstream-headers.ts";
import { clientHeaders, STREAM_HEADERS } from "../response/client-headers.ts";
import { drain } from "../response/collect.ts";
import { sourceOf } from "../../scheduling/source.ts";
import { forbidden, failureAnswer, jsonAnswer, NOBODY_LISTENS } from "./responding/responses.ts";
import { beginPseudo, refuse } from "./authorization/authorize.ts";
import { traceRouteOf, type Conversation } from "./context/request-context.ts";
import { endedFailure, reportMalformed } from "./responding/fail-calls.ts";
import { inspectionOf } from "./relaying/inspection.ts";
import { holdBody } from "./hold-body.ts";
import { createLifeline, type EndedBy, type Lifeline } from "../deadline/deadline.ts";
import { silenceMs } from "./context/time-limits.ts";
import { relayEvents, type Conclusion, type Ending } from "./relaying/relay-events.ts";
import { relayRefusal } from "./responding/relay-refusal.ts";

/** GET: the session's own stream, or (with `Last-Event-ID`) the rest of one that was interrupted. */
export async function openSessionStream(conversation: Conversation): Promise<McpHttpResponse> {
  const { parts, request, caller } = conversation;
  const release = parts.streams.take(caller.principal);
  if (release === null) {
    return tooManyStreams(conversation);
  }
  // Many servers send the head with the first event, and that may take its time.
  const lifeline = createLifeline(request.signal, null);
  let streaming = false;
  try {
    const permit = await beginPseudo(conversation, PSEUDO_METHODS.openStream);
    if (!permit.allowed) {
      return forbidden(permit, conversation);
    }
    try {
      const head = await exchange(conversation, permit, lifeline);
      if (head.status < 200 || head.status >= 300) {
        lifeline.endWithin(silenceMs(conversation), "timeout");
        const { answer, result } = await relayRefusal(head, { conversation, calls: [] });
        permit.finish(result);
        return answer;
      }
      if (head.status === 204) {
        // Nothing is left of the stream that it asked for: the word for "do not come back" (server-sent events).
        drain(head.body);
        permit.finish({ outcome: "ok" });
        return { status: 204, headers: {}, body: null };
      }
      if (mediaType(head.headers["content-type"]) !== "text/event-stream") {
        head.body.destroy();
        throw new MalformedAnswer("No event stream.", "wrong_content_type");
      }
      permit.finish({ outcome: "ok" });
      streaming = true;
      return relay(conversation, head, lifeline, release);
    } catch (error) {
      return fail(conversation, permit, lifeline.endedBy, error);
    }
  } finally {
    if (!streaming) {
      lifeline.close();
      release();
    }
  }
}

async function exchange(
  conversation: Conversation,
  permit: Permit,
  lifeline: Lifeline,
): Promise<UpstreamResponse> {
  const traceContext = headerTrace(traceRouteOf(conversation), permit.traceContext);
  const headers = sessionHeaders({ ...conversation, incoming: conversation.request.headers, traceContext });
  const { signal } = lifeline;
  const head = await conversation.upstream.exchange({
    method: "GET",
    headers,
    messages: null,
    body: null,
    signal,
    caller: conversation.caller,
  });
  holdBody(head, lifeline);
  return head;
}

function relay(
  conversation: Conversation,
  head: UpstreamResponse,
  lifeline: Lifeline,
  closed: () => void,
): McpHttpResponse {
  const resumes = headerOf(conversation.request.headers, "last-event-id") !== undefined;
  const hold = conversation.parts.held.open(sourceOf(conversation.caller.principal));
  const body = relayEvents({
    conversation,
    hold,
    body: head.body,
    lifeline,
    kind: "session",
    inspection: inspectionOf(conversation, [], resumes ? "pass" : "drop"),
    first: [],
    // Clients open or resume these streams, and do so again.
    resume: null,
    done: () => false,
    conclude,
    closed,
  });
  const own = head.headers["mcp-session-id"] === conversation.session?.upstreamId;
  const sessionId = own ? conversation.clientSessionId : null;
  const headers = clientHeaders(head, STREAM_HEADERS, sessionId);
  return { status: 200, headers, body, taken: hold.release };
}

/** The client comes back by itself; calls that are awaited have their own time-outs. */
function conclude({ endedBy, failure }: Ending): Conclusion {
  if (endedBy === "client") {
    return { last: [], end: "client_gone" };
  }
  return { last: [], end: failure === null ? "completed" : "upstream_failed" };
}

function fail(
  conversation: Conversation,
  permit: Permit,
  endedBy: EndedBy | null,
  error: unknown,
): McpHttpResponse {
  const failure = endedBy === null ? failureOf(error) : endedFailure(endedBy);
  if (endedBy === null) {
    reportMalformed(conversation, error);
  }
  permit.finish({ outcome: failure.outcome, message: failure.message });
  if (endedBy === "client") {
    return NOBODY_LISTENS;
  }
  return failureAnswer(failure, failureText(null, failure, permit.auditId, conversation.caller));
}

function tooManyStreams(conversation: Conversation): McpHttpResponse {
  const rejection = new Rejection("too_many_streams", "Too many streams are open; close one first.");
  refuse(conversation, rejection);
  return jsonAnswer(rejection.status, rejectionText(null, rejection, conversation.caller));
}
