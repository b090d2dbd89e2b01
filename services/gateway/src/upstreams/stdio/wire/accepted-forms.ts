import type { JsonRpcRequest } from "../../../domain/json-rpc.ts";
import type { UpstreamRequest } from "../../../domain/upstream.ts";
import { acceptedForms } from "../../../mcp-protocol/http/accepted-forms.ts";
import { progressTokenOf } from "../../../mcp-protocol/json-rpc/guards.ts";
import { hasResponseAlone } from "../../../mcp-protocol/vocabulary/methods.ts";

/**
 * Requests to which a server responds without anything before get one JSON body. Any other (`tools/call`,
 * `prompts/get`, `resources/read`, tasks, extensions) can get an event stream, if the client accepts one, so that
 * nothing that comes before the response has to wait for it.
 */
export function wantsEvents(request: UpstreamRequest, requests: readonly JsonRpcRequest[]): boolean {
  return (
    acceptsEvents(request) &&
    requests.some((message) => !hasResponseAlone(message.method) || progressTokenOf(message) !== null)
  );
}

/** Absent `Accept` means anything (RFC 9110 §12.5.1). */
export function acceptsEvents(request: UpstreamRequest): boolean {
  return acceptedForms(request.headers["accept"] ?? "*/*").events;
}

/** Whether the body is a JSON array: a batch, even of one. */
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
