import type { Failure } from "../domain/sink.ts";
import type { HttpResponse } from "./http-client.ts";
import { retryAfterMs } from "@sark/observability/waiting";

/** Statuses after which the request may have been taken all the same. */
const AMBIGUOUS = new Set([408, 500, 502, 504]);

/**
 * What an HTTP status means where the receiver's own protocol says nothing more exact. Not for 2xx. It never condemns an
 * event: any proxy, login or other server at a wrong address responds with these, also with 400 and 422.
 */
export function statusResult(response: Omit<HttpResponse, "text">): Failure {
  const { status, excerpt } = response;
  const reason = `status ${status}: ${excerpt}`;
  const afterMs = retryAfterMs(response.headers["retry-after"]);
  if (AMBIGUOUS.has(status)) {
    return { kind: "maybe_duplicate", reason, afterMs };
  }
  if (status === 425 || status === 429 || status >= 500) {
    return { kind: "retry", reason, afterMs };
  }
  // A redirect is not followed: credentials go only to the address that was configured.
  if (status >= 300) {
    return { kind: "configuration", reason };
  }
  return { kind: "maybe_duplicate", reason };
}
