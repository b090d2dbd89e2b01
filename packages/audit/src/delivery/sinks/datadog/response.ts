import type { HttpAnswer } from "../../http/http-client.ts";
import { statusOutcome } from "../../http/status-outcome.ts";
import type { Outcome } from "../../sink.ts";

/** 202 is the intake's only word for success; 413 asks for less at once, as 400 does for another content. */
export function classifyDatadogAnswer(answer: HttpAnswer): Outcome {
  if (answer.status === 202) return { kind: "delivered" };
  if (answer.status < 300) {
    return { kind: "maybe_duplicate", reason: `not an answer of the intake: ${answer.excerpt}` };
  }
  return statusOutcome(answer);
}
