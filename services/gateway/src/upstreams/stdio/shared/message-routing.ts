import type { JsonRpcId, JsonRpcMessage, JsonRpcNotification } from "../../../domain/json-rpc.ts";
import type { UpstreamEvent } from "../../observer.ts";
import { idParam, isId, isNotification, isRequest, metaOf } from "../wire/messages.ts";
import { SUBSCRIPTION_ID } from "./envelope.ts";
import type { SharedExchange } from "./shared-exchange.ts";

/**
 * Hands a message of the shared process to the exchange it belongs to, and to nobody else: what
 * cannot be told to belong to one caller is dropped and counted, because it may be another's.
 */
export function routeSharedMessage(
  exchanges: ReadonlyMap<JsonRpcId, SharedExchange>,
  message: JsonRpcMessage,
  observe: (event: UpstreamEvent) => void,
): void {
  if (isRequest(message)) {
    // The stateless revision has no requests of servers.
    observe({ type: "unrouted", kind: "request" });
    return;
  }
  if (isNotification(message)) {
    if (!routeNotification(exchanges, message)) {
      observe({ type: "unrouted", kind: "notification" });
    }
    return;
  }
  const exchange = message.id === undefined || message.id === null ? undefined : exchanges.get(message.id);
  if (exchange === undefined) {
    observe({ type: "unrouted", kind: "response" });
  } else {
    exchange.answer(message);
  }
}

function routeNotification(
  exchanges: ReadonlyMap<JsonRpcId, SharedExchange>,
  message: JsonRpcNotification,
): boolean {
  if (message.method === "notifications/cancelled") {
    // A server may end a subscription this way, and nothing else.
    const id = idParam(message, "requestId");
    const exchange = id === null ? undefined : exchanges.get(id);
    if (exchange?.listens === true) {
      exchange.end();
      return true;
    }
    return false;
  }
  const exchange = exchangeOf(exchanges, message);
  exchange?.notify(message);
  return exchange !== undefined;
}

function exchangeOf(
  exchanges: ReadonlyMap<JsonRpcId, SharedExchange>,
  message: JsonRpcNotification,
): SharedExchange | undefined {
  const subscription = metaOf(message)?.[SUBSCRIPTION_ID];
  if (isId(subscription)) {
    return exchanges.get(subscription);
  }
  if (message.method === "notifications/progress") {
    const token = idParam(message, "progressToken");
    return token === null ? undefined : exchanges.get(token);
  }
  // Log messages name no request: they are sure to belong to one only while it is alone.
  const calls = [...exchanges.values()].filter((exchange) => !exchange.listens);
  return calls.length === 1 && calls[0]?.wantsLogs === true ? calls[0] : undefined;
}
