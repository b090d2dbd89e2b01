import { jsonObject } from "../../http/response-text.ts";
import type { HttpResponse } from "../../http/http-client.ts";
import { retryAfterMs } from "@sark/observability/waiting";
import { statusResult } from "../../http/status-result.ts";
import type { Failure } from "../../domain/sink.ts";

/** What a response means, before an acknowledgement is waited for. */
export type HecResult =
  | Failure
  | { readonly kind: "accepted"; readonly ackId: number | null; readonly slowDown: boolean };

const ACCEPTED = new Set([0, 24, 25]);
const NEARLY_FULL = new Set([24, 25]);
const NOT_TAKEN = new Set([9, 26, 27]);
const PERHAPS_TAKEN = new Set([8, 23]);
const CONFIGURATION = new Set([1, 2, 3, 4, 7, 10, 11, 14, 16, 28]);
const BAD_EVENT = new Set([5, 6, 12, 13, 15]);

/** Other servers with a `code` in their responses, as gRPC has, have no `text` next to it. */
export function codeOf(body: Readonly<Record<string, unknown>> | null): number | null {
  const code = body?.["code"];
  return typeof code === "number" && typeof body?.["text"] === "string" ? code : null;
}

/**
 * Splunk's responses by their code; by HTTP status where another server responded: a proxy, or what stands at a wrong
 * address, says nothing about events. `count`: events in the request.
 */
export function classifyHecResponse(response: HttpResponse, count: number): HecResult {
  const body = jsonObject(response.text);
  const code = codeOf(body);
  if (response.status === 200 && code !== null && ACCEPTED.has(code)) {
    const ackId = body?.["ackId"];
    return {
      kind: "accepted",
      ackId: typeof ackId === "number" ? ackId : null,
      slowDown: NEARLY_FULL.has(code),
    };
  }
  const reason = `status ${response.status}: ${response.excerpt}`;
  const afterMs = retryAfterMs(response.headers["retry-after"]);
  if (response.status === 200) {
    return { kind: "maybe_duplicate", reason: `not a response of a collector: ${reason}` };
  }
  if (code === null) {
    return statusResult(response);
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
  if (response.status === 400 && BAD_EVENT.has(code)) {
    return { kind: "rejected", index: indexOf(body?.["invalid-event-number"], count), reason };
  }
  return statusResult(response);
}

/** A number beyond the request would have us skip events: it counts as none. */
function indexOf(value: unknown, count: number): number | null {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < count ? value : null;
}
