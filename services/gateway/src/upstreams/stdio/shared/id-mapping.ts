import { isJsonObject, type JsonObject } from "../../../domain/json.ts";
import type {
  JsonRpcId,
  JsonRpcNotification,
  JsonRpcRequest,
  JsonRpcResponse,
} from "../../../domain/json-rpc.ts";
import { metaOf } from "../wire/messages.ts";
import { SUBSCRIPTION_ID } from "./envelope.ts";

/** A request under the id, and with the progress token, that the process is to know it by. */
export function withIds(message: JsonRpcRequest, id: number, token: number | null): JsonRpcRequest {
  const meta = metaOf(message);
  if (token === null || meta === null) {
    return { ...message, id };
  }
  return { ...message, id, params: { ...message.params, _meta: { ...meta, progressToken: token } } };
}

/** A notification in the words of the caller whose request it belongs to. */
export function restoreNotification(
  notification: JsonRpcNotification,
  id: JsonRpcId,
  token: JsonRpcId | null,
): JsonRpcNotification {
  const params: JsonObject = { ...notification.params };
  if (notification.method === "notifications/progress" && token !== null) {
    params["progressToken"] = token;
  }
  restoreSubscription(params, id);
  return { ...notification, params };
}

/** An answer under the id that the caller gave its request. */
export function restoreResponse(response: JsonRpcResponse, id: JsonRpcId): JsonRpcResponse {
  if ("error" in response) {
    return { ...response, id };
  }
  const result: JsonObject = { ...response.result };
  restoreSubscription(result, id);
  return { ...response, id, result };
}

/** A subscription is named by the id of the request that opened it. */
function restoreSubscription(holder: JsonObject, id: JsonRpcId): void {
  const meta = holder["_meta"];
  if (meta !== undefined && isJsonObject(meta) && SUBSCRIPTION_ID in meta) {
    holder["_meta"] = { ...meta, [SUBSCRIPTION_ID]: id };
  }
}
