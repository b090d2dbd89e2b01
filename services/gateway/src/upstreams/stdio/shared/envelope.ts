import { isJsonObject } from "@sark/json";
import type { JsonRpcError, JsonRpcMessage } from "../../../domain/json-rpc.ts";
import type { UpstreamRequest } from "../../../domain/upstream.ts";
import { JSON_RPC_ERRORS, MCP_ERRORS } from "../../../mcp-protocol/json-rpc/error-codes.ts";
import { metaOf } from "../../../mcp-protocol/json-rpc/guards.ts";
import { isStatelessName } from "../../../mcp-protocol/revisions.ts";
import {
  CLIENT_CAPABILITIES_META_KEY,
  VERSION_META_KEY,
} from "../../../mcp-protocol/vocabulary/meta-keys.ts";

/**
 * Stateless is what claims a revision in `_meta`, or names a stateless one in its header; everything else belongs to a
 * session (facts of the official SDK's `isLegacyRequest`).
 */
export function isStateless(request: UpstreamRequest): boolean {
  return (
    isStatelessName(request.headers["mcp-protocol-version"]) ||
    (request.messages?.some((message) => metaOf(message)?.[VERSION_META_KEY] !== undefined) ?? false)
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
      code: JSON_RPC_ERRORS.invalid_params,
      message: "Invalid params: _meta is required",
      data: { envelope: { missing: ["_meta"] } },
    };
  }
  if (typeof meta[VERSION_META_KEY] !== "string") {
    return missing(VERSION_META_KEY);
  }
  const capabilities = meta[CLIENT_CAPABILITIES_META_KEY];
  return capabilities !== undefined && isJsonObject(capabilities)
    ? null
    : missing(CLIENT_CAPABILITIES_META_KEY);
}

function missing(key: string): JsonRpcError {
  return {
    code: JSON_RPC_ERRORS.invalid_params,
    message: `Invalid params: _meta needs ${key}`,
    data: { envelope: { key, problem: "missing" } },
  };
}

/** The revision that a request claims; `envelopeFault` has made sure that there is one. */
export function claimedVersion(message: JsonRpcMessage): string {
  const version = metaOf(message)?.[VERSION_META_KEY];
  return typeof version === "string" ? version : "";
}

/** The HTTP status of an error that comes as the first message, as Streamable HTTP servers give it. */
export function statusOf(error: JsonRpcError): number {
  switch (error.code) {
    case JSON_RPC_ERRORS.method_not_found:
      return 404;
    case MCP_ERRORS.header_mismatch:
    case MCP_ERRORS.missing_capability:
    case MCP_ERRORS.unsupported_version:
    case JSON_RPC_ERRORS.invalid_request:
    case JSON_RPC_ERRORS.parse_error:
      return 400;
    case JSON_RPC_ERRORS.invalid_params:
      return error.data !== undefined && isJsonObject(error.data) && "envelope" in error.data ? 400 : 200;
    default:
      return 200;
  }
}
