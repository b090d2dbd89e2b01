import { isUtf8 } from "node:buffer";
import type { UpstreamResponse } from "../../domain/upstream.ts";
import { failureText } from "../errors/error-answer.ts";
import { MalformedAnswer, upstreamFailure } from "../errors/upstream-failure.ts";
import { mediaType } from "../http-message.ts";
import { skipBlank } from "../../json/ranges.ts";
import { collect } from "../response/collect.ts";
import { inspectMessages } from "../response/inspect.ts";
import { settleFailed } from "./fail-calls.ts";
import { inspectionOf } from "./inspection.ts";
import type { Outgoing } from "./outgoing.ts";

/**
 * Reads an answer that is one JSON document, judges it, and returns what to pass on: the server's own bytes
 * unless something had to change. Throws a `MalformedAnswer` when it is no answer to what was asked.
 */
export async function relayDocument(outgoing: Outgoing, head: UpstreamResponse): Promise<Buffer | string> {
  const { conversation, calls, batch, refusals } = outgoing;
  if (mediaType(head.headers["content-type"]) !== "application/json") {
    throw new MalformedAnswer("Neither JSON nor an event stream.", "wrong_content_type");
  }
  const bytes = await collect(head.body, conversation.parts.limits.maxAnswerBytes);
  if (!isUtf8(bytes)) throw new MalformedAnswer("The answer is not UTF-8.");
  const text = bytes.toString("utf8");
  const passed = await inspectMessages(text, inspectionOf(conversation, calls, "drop"));
  const missing = calls.filter((call) => !call.settled);
  if (!batch) {
    if (missing.length > 0 || passed === null) {
      throw new MalformedAnswer("The document does not answer the request.", "missing_answer");
    }
    return passed === text ? bytes : passed;
  }
  if (passed === text && missing.length === 0 && refusals.length === 0) return bytes;
  const failure = upstreamFailure("upstream_silent");
  const texts = missing.map((call) => failureText(call.id, failure, call.auditId, conversation.caller));
  settleFailed(conversation, missing, failure, null);
  return `[${[...refusals, ...elementsOf(passed), ...texts].join(",")}]`;
}

/** The messages of a document, still as text, without brackets around them. */
function elementsOf(text: string | null): readonly string[] {
  const trimmed = text?.slice(skipBlank(text, 0)).trimEnd() ?? "";
  if (!trimmed.startsWith("[")) return trimmed === "" ? [] : [trimmed];
  const inner = trimmed.slice(1, -1).trim();
  return inner === "" ? [] : [inner];
}
