import { parseAccept, qualityOf } from "@sark/observability/metrics";
import type { JsonRpcRequest } from "../../../domain/json-rpc.ts";
import type { UpstreamRequest } from "../../../domain/upstream.ts";
import { progressTokenOf } from "./messages.ts";

/**
 * Requests that a server answers by itself, without progress and without asking the client back. They
 * get one JSON body. Anything else (`tools/call`, `prompts/get`, `resources/read`, tasks, extensions)
 * can get an event stream, if the client accepts one, so that nothing that comes before the answer has
 * to wait for it.
 */
const ANSWERED_ALONE: ReadonlySet<string> = new Set([
  "initialize",
  "ping",
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "resources/subscribe",
  "resources/unsubscribe",
  "completion/complete",
  "logging/setLevel",
]);

export function wantsEvents(request: UpstreamRequest, requests: readonly JsonRpcRequest[]): boolean {
  return (
    acceptsEvents(request) &&
    requests.some((message) => !ANSWERED_ALONE.has(message.method) || progressTokenOf(message) !== null)
  );
}

/** Absent `Accept` means anything (RFC 9110 §12.5.1). */
export function acceptsEvents(request: UpstreamRequest): boolean {
  const accept = request.headers["accept"];
  return accept === undefined || qualityOf(parseAccept(accept), "text/event-stream") > 0;
}

/** Whether the body is a JSON array: a batch, even of one (2025-03-26). */
export function isBatch(request: UpstreamRequest): boolean {
  return request.messages !== null && (request.messages.length !== 1 || startsWithBracket(request.body));
}

function startsWithBracket(body: Buffer | null): boolean {
  for (const byte of body ?? []) {
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) {
      return byte === 0x5b;
    }
  }
  return false;
}
