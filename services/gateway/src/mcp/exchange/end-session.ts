import { failureText } from "../errors/error-response.ts";
import { failureOf } from "../errors/upstream-failure.ts";
import type { McpHttpResponse } from "../contract/http-message.ts";
import { PSEUDO_METHODS } from "../../mcp-protocol/vocabulary/methods.ts";
import { headerTrace } from "../request/trace-context.ts";
import { sessionHeaders } from "../request/upstream-headers.ts";
import { drain } from "../response/collect.ts";
import { forbidden, failureAnswer, NOBODY_LISTENS } from "./responding/responses.ts";
import { beginPseudo } from "./authorization/authorize.ts";
import { reportSessionEnd, scopeOf, traceRouteOf, type Conversation } from "./context/request-context.ts";
import { endedFailure } from "./responding/fail-calls.ts";
import { holdBody } from "./hold-body.ts";
import { createLifeline } from "../deadline/deadline.ts";
import { briefPatience } from "./context/time-limits.ts";
import { relayRefusal } from "./responding/relay-refusal.ts";

/** DELETE: the client is done with its session. */
export async function endSession(conversation: Conversation): Promise<McpHttpResponse> {
  const { parts, request, caller, upstream } = conversation;
  const permit = await beginPseudo(conversation, PSEUDO_METHODS.endSession);
  if (!permit.allowed) {
    return forbidden(permit, conversation);
  }
  const lifeline = createLifeline(request.signal, briefPatience(conversation));
  const headers = sessionHeaders({
    ...conversation,
    incoming: request.headers,
    traceContext: headerTrace(traceRouteOf(conversation), permit.traceContext),
  });
  try {
    const head = await upstream.exchange({
      method: "DELETE",
      headers,
      messages: null,
      body: null,
      signal: lifeline.signal,
      caller,
    });
    holdBody(head, lifeline);
    if (head.status < 200 || head.status >= 300) {
      const { answer, result } = await relayRefusal(head, { conversation, calls: [] });
      permit.finish(result);
      return answer;
    }
    drain(head.body);
    permit.finish({ outcome: "ok" });
    reportSessionEnd(conversation, "deleted");
    if (conversation.session !== null) {
      parts.registry.abandon(scopeOf(conversation), {
        outcome: "cancelled",
        message: "The session was ended.",
      });
    }
    return { status: head.status, headers: {}, body: null };
  } catch (error) {
    const failure = lifeline.endedBy === null ? failureOf(error) : endedFailure(lifeline.endedBy);
    permit.finish({ outcome: failure.outcome, message: failure.message });
    if (lifeline.endedBy === "client") {
      return NOBODY_LISTENS;
    }
    return failureAnswer(failure, failureText(null, failure, permit.auditId, caller));
  } finally {
    lifeline.close();
  }
}
