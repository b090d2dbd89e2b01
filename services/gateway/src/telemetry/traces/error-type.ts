import type { CallResult, McpCall } from "../../domain/governance.ts";

/** OpenTelemetry's `error.type` for MCP: the JSON-RPC code, `tool_error`, or what else went wrong; `null` for none. */
export function errorTypeOf({ kind }: McpCall, result: CallResult): string | null {
  // A stream that waits for what the server may say ends when its client leaves.
  if (kind === "session" && result.outcome === "cancelled") {
    return null;
  }
  switch (result.outcome) {
    case "ok":
    case "input_required":
      return null;
    case "protocol_error":
      return result.errorCode === undefined ? "protocol_error" : String(result.errorCode);
    case "tool_error":
    case "upstream_error":
    case "timeout":
    case "cancelled":
      return result.outcome;
  }
}
