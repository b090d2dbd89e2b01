import type { CallResult } from "../../domain/governance.ts";
import type { JsonRpcResponse } from "../../domain/json-rpc.ts";
import { type JsonObject, hasBrokenUnicode, measureJson } from "@sark/json";
import type { McpLimits } from "../contract/limits.ts";

/**
 * What a response says about how the call ended. `text` is the response as it came, `depth` the deepest nesting of all
 * that came with it.
 */
export function outcomeOf(
  response: JsonRpcResponse,
  text: string,
  depth: number,
  limits: McpLimits,
): CallResult {
  if ("error" in response) {
    const { code } = response.error;
    return {
      outcome: "protocol_error",
      errorCode: code,
      message: `The MCP server responded with error ${code}.`,
    };
  }
  const { result } = response;
  const recorded = isRecordable(text, depth, limits) ? recordedAs(result, text) : {};
  if (result["resultType"] === "input_required") {
    return { outcome: "input_required", ...recorded };
  }
  // Only tools/call and tasks/result have such a member; elsewhere `true` would be just as little of a success.
  if (result["isError"] === true) {
    return { outcome: "tool_error", message: "The tool reported an error.", ...recorded };
  }
  return { outcome: "ok", ...recorded };
}

/** Tools cut texts in the middle of a character: their results pass, and the record says so. */
function recordedAs(result: JsonObject, text: string): Pick<CallResult, "result" | "brokenUnicode"> {
  return hasBrokenUnicode(result, text) ? { result, brokenUnicode: true } : { result };
}

function isRecordable(text: string, depth: number, { maxRecordedResult, maxDepth }: McpLimits): boolean {
  if (text.length > maxRecordedResult) {
    return false;
  }
  // Another message of the same batch may be the deep one.
  return depth <= maxDepth || measureJson(text).depth <= maxDepth;
}
