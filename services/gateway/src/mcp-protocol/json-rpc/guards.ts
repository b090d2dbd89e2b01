import { isJsonObject, type Json, type JsonObject } from "@sark/json";
import type {
  JsonRpcId,
  JsonRpcMessage,
  JsonRpcNotification,
  JsonRpcRequest,
  JsonRpcResponse,
} from "../../domain/json-rpc.ts";

export function isRequest(message: JsonRpcMessage): message is JsonRpcRequest {
  return "method" in message && "id" in message;
}

export function isNotification(message: JsonRpcMessage): message is JsonRpcNotification {
  return "method" in message && !("id" in message);
}

export function isResponse(message: JsonRpcMessage): message is JsonRpcResponse {
  return !("method" in message);
}

export function isId(value: Json | undefined): value is JsonRpcId {
  return typeof value === "string" || typeof value === "number";
}

/** `params._meta`, where there is one. */
export function metaOf(message: JsonRpcMessage): JsonObject | null {
  const params = "method" in message ? message.params : undefined;
  const meta = params?.["_meta"];
  return meta !== undefined && isJsonObject(meta) ? meta : null;
}

/** `params._meta.progressToken` of a request, which is what its progress is reported under. */
export function progressTokenOf(message: JsonRpcMessage): JsonRpcId | null {
  const token = metaOf(message)?.["progressToken"];
  return isId(token) ? token : null;
}

/** A field of `params` that names a request or a token. */
export function idParam(message: JsonRpcNotification, field: string): JsonRpcId | null {
  const value = message.params?.[field];
  return isId(value) ? value : null;
}

/** Whether a parsed value is a JSON-RPC message; what else it holds is not looked at. */
export function isMessage(value: unknown): value is JsonRpcMessage {
  if (!isJsonObject(value) || value["jsonrpc"] !== "2.0") {
    return false;
  }
  const { id, method, params } = value;
  if (method !== undefined) {
    return (
      typeof method === "string" &&
      (id === undefined || isId(id)) &&
      (params === undefined || isJsonObject(params))
    );
  }
  if (isJsonObject(value["result"])) {
    return isId(id);
  }
  return isJsonObject(value["error"]) && (id === undefined || id === null || isId(id));
}
