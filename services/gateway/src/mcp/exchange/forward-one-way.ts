import { failureText } from "../errors/error-response.ts";
import { failureOf } from "../errors/upstream-failure.ts";
import type { McpHttpResponse } from "../contract/http-message.ts";
import { drain } from "../response/collect.ts";
import { ACCEPTED, failureAnswer, NOBODY_LISTENS } from "./responding/responses.ts";
import { endedFailure } from "./responding/fail-calls.ts";
import { holdBody } from "./hold-body.ts";
import { createLifeline } from "../deadline/deadline.ts";
import type { Outgoing } from "./sending/outgoing.ts";
import { briefPatience } from "./context/time-limits.ts";
import { relayRefusal } from "./responding/relay-refusal.ts";

/** Sends what has no answer: notifications, and responses to the server's own requests. */
export async function forwardNotices(outgoing: Outgoing): Promise<McpHttpResponse> {
  const { conversation, notices } = outgoing;
  const lifeline = createLifeline(conversation.request.signal, briefPatience(conversation));
  try {
    const head = await outgoing.send(lifeline.signal);
    holdBody(head, lifeline);
    if (head.status >= 200 && head.status < 300) {
      drain(head.body);
      for (const { permit } of notices) {
        permit.finish({ outcome: "ok" });
      }
      return ACCEPTED;
    }
    const relayed = await relayRefusal(head, outgoing);
    for (const { permit } of notices) {
      permit.finish(relayed.result);
    }
    return relayed.answer;
  } catch (error) {
    const failure = lifeline.endedBy === null ? failureOf(error) : endedFailure(lifeline.endedBy);
    const { outcome, message } = failure;
    for (const { permit } of notices) {
      permit.finish({ outcome, message });
    }
    if (lifeline.endedBy === "client") {
      return NOBODY_LISTENS;
    }
    return failureAnswer(failure, failureText(null, failure, null, conversation.caller));
  } finally {
    lifeline.close();
  }
}
