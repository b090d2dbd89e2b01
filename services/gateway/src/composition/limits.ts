import type { GatewayConfig } from "../config/schema.ts";
import { DEFAULT_MCP_LIMITS, type McpLimits } from "../mcp/contract/limits.ts";
import type { ShareLimits, HttpLimits } from "@sark/http-service";

/** What clients may take of the HTTP server, from its settings. */
export function httpLimits(
  config: GatewayConfig["http"],
): HttpLimits & ShareLimits & { readonly stallTimeoutMs: number } {
  return {
    maxBodyBytes: config.maxBodySize,
    headersTimeoutMs: config.headersTimeout,
    requestTimeoutMs: config.requestTimeout,
    maxConnections: config.maxConnections,
    maxRequestsPerCaller: config.maxRequestsPerCaller,
    maxBufferedBytes: config.maxBufferedSize,
    maxBufferedBytesPerCaller: config.maxBufferedSizePerCaller,
    stallTimeoutMs: config.stallTimeout,
  };
}

/** What callers may take of the MCP endpoint, from its settings. */
export function mcpLimits({ mcp, http }: Pick<GatewayConfig, "mcp" | "http">): McpLimits {
  return {
    ...DEFAULT_MCP_LIMITS,
    requestTimeoutMs: mcp.requestTimeout,
    maxRequestMs: mcp.maxRequestDuration,
    maxStreamsPerCaller: mcp.maxStreamsPerCaller,
    maxHeldBytes: mcp.maxHeldSize,
    maxHeldBytesPerCaller: mcp.maxHeldSizePerCaller,
    maxCallsPerCaller: http.maxRequestsPerCaller,
  };
}
