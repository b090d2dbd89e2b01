import type { JsonObject } from "@sark/json";
import type { JsonRpcMessage } from "../../domain/json-rpc.ts";
import type { Upstream, UpstreamResponse } from "../../domain/upstream.ts";
import { OWN_STATELESS_REVISION } from "../../mcp-protocol/revisions.ts";
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  VERSION_META_KEY,
} from "../../mcp-protocol/vocabulary/meta-keys.ts";
import { version } from "../../product/version.ts";

/** How the gateway introduces itself to servers, when it asks on its own behalf. */
export const OWN_CLIENT_INFO = { name: "sark-gateway", version };

/** `params._meta` of the gateway's own requests to a stateless server. */
export const OWN_ENVELOPE: JsonObject = {
  [VERSION_META_KEY]: OWN_STATELESS_REVISION.name,
  [CLIENT_CAPABILITIES_META_KEY]: {},
  [CLIENT_INFO_META_KEY]: OWN_CLIENT_INFO,
};

const FORM = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** Posts a message of the gateway's own: no caller's credentials or names go along. */
export function postOwn(
  exchange: Upstream["exchange"],
  message: JsonRpcMessage,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<UpstreamResponse> {
  return exchange({
    method: "POST",
    headers: { ...FORM, ...headers },
    messages: [message],
    body: Buffer.from(JSON.stringify(message)),
    signal,
    caller: null,
  });
}

/** The same without a body. */
export function askOwn(
  exchange: Upstream["exchange"],
  method: "GET" | "DELETE",
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<UpstreamResponse> {
  return exchange({ method, headers, messages: null, body: null, signal, caller: null });
}
