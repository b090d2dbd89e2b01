import type { JsonObject } from "../../../domain/json.ts";
import { isJsonObject } from "../../../domain/json.ts";
import type { JsonRpcError, JsonRpcMessage } from "../../../domain/json-rpc.ts";
import type { UpstreamRequest } from "../../../domain/upstream.ts";
import { OWN_CLIENT_INFO } from "../../own-requests.ts";
import { metaOf } from "../wire/messages.ts";

/** The stateless revision that the bridge speaks. */
const STATELESS_VERSION = "2026-07-28";

const PREFIX = "io.modelcontextprotocol/";
const PROTOCOL_VERSION = `${PREFIX}protocolVersion`;
const CLIENT_CAPABILITIES = `${PREFIX}clientCapabilities`;
export const LOG_LEVEL = `${PREFIX}logLevel`;
export const SUBSCRIPTION_ID = `${PREFIX}subscriptionId`;

/** `params._meta` of the bridge's own requests. */
export const OWN_ENVELOPE: JsonObject = {
  [PROTOCOL_VERSION]: STATELESS_VERSION,
  [CLIENT_CAPABILITIES]: {},
  [`${PREFIX}clientInfo`]: OWN_CLIENT_INFO,
};

/**
 * Stateless is what claims a version in `_meta`, or names a revision of 2026-07-28 or later in its
 * header; everything else belongs to the older era (facts of the official SDK's `isLegacyRequest`).
 */
export function isStateless(request: UpstreamRequest): boolean {
  const header = request.headers["mcp-protocol-version"];
  return (
    (header !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(header) && header >= STATELESS_VERSION) ||
    (request.messages?.some((message) => metaOf(message)?.[PROTOCOL_VERSION] !== undefined) ?? false)
  );
}

/**
 * What a request lacks to be a stateless one. A server decides by it which era its connection belongs
 * to, so an incomplete one must never reach the process that all callers share.
 */
export function envelopeFault(message: JsonRpcMessage): JsonRpcError | null {
  const meta = metaOf(message);
  if (meta === null) {
    return {
      code: -32602,
      message: "Invalid params: _meta is required",
      data: { envelope: { missing: ["_meta"] } },
    };
  }
  if (typeof meta[PROTOCOL_VERSION] !== "string") {
    return missing(PROTOCOL_VERSION);
  }
  const capabilities = meta[CLIENT_CAPABILITIES];
  return capabilities !== undefined && isJsonObject(capabilities) ? null : missing(CLIENT_CAPABILITIES);
}

function missing(key: string): JsonRpcError {
  return {
    code: -32602,
    message: `Invalid params: _meta needs ${key}`,
    data: { envelope: { key, problem: "missing" } },
  };
}

/** The revision that a request claims; `envelopeFault` has made sure that there is one. */
export function claimedVersion(message: JsonRpcMessage): string {
  const version = metaOf(message)?.[PROTOCOL_VERSION];
  return typeof version === "string" ? version : "";
}

/** The HTTP status of an error that comes as the first message, as Streamable HTTP servers give it. */
export function statusOf(error: JsonRpcError): number {
  switch (error.code) {
    case -32601:
      return 404;
    case -32020:
    case -32021:
    case -32022:
    case -32600:
    case -32700:
      return 400;
    case -32602:
      return error.data !== undefined && isJsonObject(error.data) && "envelope" in error.data ? 400 : 200;
    default:
      return 200;
  }
}
