import { jsonObject } from "../../http/answer-text.ts";
import type { HttpAnswer } from "../../http/http-client.ts";
import { retryAfterMs } from "../../http/retry-after.ts";
import { statusOutcome } from "../../http/status-outcome.ts";
import type { Failure } from "../../domain/sink.ts";

/** What an answer means, before an acknowledgement is waited for. */
export type HecVerdict =
  | Failure
  | { readonly kind: "accepted"; readonly ackId: number | null; readonly slowDown: boolean };

const ACCEPTED = new Set([0, 24, 25]);
const NEARLY_FULL = new Set([24, 25]);
const NOT_TAKEN = new Set([9, 26, 27]);
const PERHAPS_TAKEN = new Set([8, 23]);
const CONFIGURATION = new Set([1, 2, 3, 4, 7, 10, 11, 14, 16, 28]);
const BAD_EVENT = new Set([5, 6, 12, 13, 15]);

/** Other servers with a `code` in their responses, as gRPC has, have no `text` beside it. */
export function codeOf(body: Readonly<Record<string, unknown>> | null): number | null {
  const code = body?.["code"];
  return typeof code === "number" && typeof body?.["text"] === "string" ? code : null;
}

/**
 * Splunk's answers by their code; by HTTP status where another server responded: a proxy, or what stands at a wrong
 * address, says nothing about events. `count`: events in the request.
 */
export function classifyHecAnswer(answer: HttpAnswer, count: number): HecVerdict {
  const body = jsonObject(answer.text);
  const code = codeOf(body);
  if (answer.status === 200 && code !== null && ACCEPTED.has(code)) {
    const ackId = body?.["ackId"];
    return {
      kind: "accepted",
      ackId: typeof ackId === "number" ? ackId : null,
      slowDown: NEARLY_FULL.has(code),
    };
  }
  const reason = `status ${answer.status}: ${answer.excerpt}`;
  const afterMs = retryAfterMs(answer.headers["retry-after"]);
  if (answer.status === 200) {
    return { kind: "maybe_duplicate", reason: `not an answer of a collector: ${reason}` };
  }
  if (code === null) {
    return statusOutcome(answer);
  }
  if (NOT_TAKEN.has(code)) {
    return { kind: "retry", reason, afterMs };
  }
  if (PERHAPS_TAKEN.has(code)) {
    return { kind: "maybe_duplicate", reason, afterMs };
  }
  if (CONFIGURATION.has(code)) {
    return { kind: "configuration", reason };
  }
  if (answer.status === 400 && BAD_EVENT.has(code)) {
    return { kind: "rejected", index: indexOf(body?.["invalid-event-number"], count), reason };
  }
  return statusOutcome(answer);
}

/** A number beyond the request would have us skip events: it counts as none. */
function indexOf(value: unknown, count: number): number | null {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < count ? value : null;
}
