import { isJsonObject, without, type JsonObject } from "@sark/json";
import type { JsonRpcNotification, JsonRpcRequest, JsonRpcResponse } from "../../domain/json-rpc.ts";
import { METHODS } from "../../mcp-protocol/vocabulary/methods.ts";
import { TRACE_KEYS } from "../../mcp-protocol/vocabulary/meta-keys.ts";

/**
 * What of a request's params neither its target nor its arguments hold, and the server gets all the same:
 * `inputResponses`, `requestState`, `task`, `_meta`, and whatever the gateway does not know. Trace context is left out,
 * as the gateway replaces it. `null` where there is nothing.
 */
export function otherParams({ method, params = {} }: JsonRpcRequest): JsonObject | null {
  const others = without(params, knownOf(method));
  const meta = params["_meta"];
  const rest = isJsonObject(meta) ? without(meta, TRACE_KEYS) : {};
  if (Object.keys(rest).length > 0) {
    others["_meta"] = rest;
  }
  return filled(others);
}

/** Members that its target or its arguments hold, or that are looked at apart. */
function knownOf(method: string): readonly string[] {
  const rule = METHODS.get(method);
  const known = ["_meta"];
  if (rule?.target) {
    known.push(rule.target);
  }
  if (rule?.withArguments) {
    known.push("arguments");
  }
  return known;
}

/** The same of a notification, whose trace context is not replaced. */
export function notificationParams({ params = {} }: JsonRpcNotification): JsonObject | null {
  return filled(params);
}

/** What a person or a model said to the server. `null` for the empty result that a ping gets. */
export function responseParams(message: JsonRpcResponse): JsonObject | null {
  if ("error" in message) {
    return { error: { ...message.error } };
  }
  return Object.keys(message.result).length === 0 ? null : { result: message.result };
}

function filled(object: JsonObject): JsonObject | null {
  return Object.keys(object).length === 0 ? null : object;
}
