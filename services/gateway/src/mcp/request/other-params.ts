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
  const rule = METHODS.get(method);
  const known = [...(rule?.target ? [rule.target] : []), ...(rule?.withArguments ? ["arguments"] : [])];
  const { _meta: meta, ...others } = without(params, known);
  const rest = isJsonObject(meta) ? without(meta, TRACE_KEYS) : {};
  return filled(Object.keys(rest).length === 0 ? others : { ...others, _meta: rest });
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
