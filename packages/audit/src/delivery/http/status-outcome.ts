import type { Failure } from "../sink.ts";
import type { HttpAnswer } from "./http-client.ts";
import { retryAfterMs } from "./retry-after.ts";

/** Statuses after which the request may have been taken all the same. */
const AMBIGUOUS = new Set([408, 500, 502, 504]);
/** Of the address, the connection or the client: never of what is sent. */
const CONFIGURATION = new Set([
  401, 402, 403, 404, 405, 406, 407, 410, 411, 414, 415, 417, 421, 426, 431, 451,
]);

/** What an HTTP status means where the receiver's own protocol says nothing more exact. Not for 2xx. */
export function statusOutcome(answer: Omit<HttpAnswer, "text">): Failure {
  const { status, excerpt } = answer;
  const reason = `status ${status}: ${excerpt}`;
  const afterMs = retryAfterMs(answer.headers["retry-after"]);
  if (AMBIGUOUS.has(status)) return { kind: "maybe_duplicate", reason, afterMs };
  if (status === 425 || status === 429 || status >= 500) return { kind: "retry", reason, afterMs };
  // A redirect is not followed: credentials go only to the address that was configured.
  if (CONFIGURATION.has(status) || (status >= 300 && status < 400)) return { kind: "configuration", reason };
  if (status >= 400) return { kind: "rejected", index: null, reason };
  return { kind: "maybe_duplicate", reason };
}
