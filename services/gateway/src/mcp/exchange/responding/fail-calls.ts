import { failureText } from "../../errors/error-response.ts";
import {
  failureOf,
  MalformedAnswer,
  upstreamFailure,
  type UpstreamFailure,
} from "../../errors/upstream-failure.ts";
import type { McpHttpResponse } from "../../contract/http-message.ts";
import type { OpenCall } from "../../calls/call-registry.ts";
import { ACCEPTED, failureAnswer, NOBODY_LISTENS, refusalsAnswer } from "./responses.ts";
import type { Conversation } from "../context/request-context.ts";
import type { EndedBy } from "../../deadline/deadline.ts";
import { notifyCancelled } from "../sending/notify-cancelled.ts";
import type { Outgoing } from "../sending/outgoing.ts";

/** Nothing has been sent to the client yet, and the exchange is over: settles its calls and answers them. */
export function failCalls(outgoing: Outgoing, endedBy: EndedBy | null, error: unknown): McpHttpResponse {
  const { conversation, calls, notices, refusals } = outgoing;
  const failure = endedBy === null ? failureOf(error) : endedFailure(endedBy);
  if (endedBy === null) {
    reportMalformed(conversation, error);
  }
  const open = calls.filter((call) => !call.settled);
  const texts = open.map((call) => failureText(call.id, failure, call.auditId, conversation.caller));
  settleFailed(conversation, open, failure, endedBy);
  for (const { permit } of notices) {
    permit.finish({ outcome: failure.outcome, message: failure.message });
  }
  if (endedBy === "client") {
    return NOBODY_LISTENS;
  }
  // A client expects no answer to what it cancelled.
  if (endedBy === "cancellation") {
    return refusals.length === 0 ? ACCEPTED : refusalsAnswer(outgoing);
  }
  return asBatch(outgoing, failureAnswer(failure, texts[0] ?? ""), [...refusals, ...texts]);
}

/** Records what became of calls without an answer, and tells a server that may still be at work on them. */
export function settleFailed(
  conversation: Conversation,
  calls: readonly OpenCall[],
  failure: UpstreamFailure,
  endedBy: EndedBy | null,
): void {
  if (endedBy === "client" || endedBy === "timeout") {
    notifyCancelled(
      conversation,
      calls.filter(({ cancelled, method }) => !cancelled && method !== "initialize"),
    );
  }
  for (const call of calls) {
    const { outcome, message, code } = call.cancelled ? upstreamFailure("cancelled") : failure;
    call.settle(outcome === "cancelled" ? { outcome, message } : { outcome, message, errorCode: code });
  }
}

/** What an exchange that was ended from this side counts as. */
export function endedFailure(endedBy: EndedBy): UpstreamFailure {
  return upstreamFailure(endedBy === "timeout" ? "upstream_timeout" : "cancelled");
}

/** One event when the failure was the server's own garbage. */
export function reportMalformed({ parts, upstream, caller }: Conversation, error: unknown): void {
  if (!(error instanceof MalformedAnswer)) {
    return;
  }
  const { correlationId } = caller;
  parts.observer.malformedUpstream({ server: upstream.name, problem: error.problem, correlationId });
}

/** A batch is answered by a batch, whatever became of its parts. */
export function asBatch(
  { batch, refusals }: Outgoing,
  answer: McpHttpResponse,
  texts?: readonly string[],
): McpHttpResponse {
  if (!batch || !(answer.body instanceof Buffer)) {
    return answer;
  }
  const all = texts ?? [...refusals, answer.body.toString("utf8")];
  return { ...answer, body: Buffer.from(`[${all.join(",")}]`, "utf8") };
}
