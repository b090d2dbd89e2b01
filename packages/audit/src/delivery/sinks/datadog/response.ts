import { jsonObject } from "../../http/answer-text.ts";
import type { HttpAnswer } from "../../http/http-client.ts";
import { statusOutcome } from "../../http/status-outcome.ts";
import type { Outcome } from "../../domain/sink.ts";

/** 202 is the intake's only word for success; its own 400 asks for another content. */
export function classifyDatadogAnswer(answer: HttpAnswer): Outcome {
  if (answer.status === 202) {
    return { kind: "delivered" };
  }
  if (answer.status < 300) {
    return { kind: "maybe_duplicate", reason: `not an answer of the intake: ${answer.excerpt}` };
  }
  if (answer.status === 400 && isOfIntake(answer.text)) {
    return { kind: "rejected", index: null, reason: `status 400: ${answer.excerpt}` };
  }
  return statusOutcome(answer);
}

/** The intake's errors: `{"errors": [{"status", "title", "detail"}]}`. */
function isOfIntake(text: string): boolean {
  const errors = jsonObject(text)?.["errors"];
  if (!Array.isArray(errors) || errors.length === 0) {
    return false;
  }
  return errors.every((error: unknown) => typeof Object(error)["title"] === "string");
}
