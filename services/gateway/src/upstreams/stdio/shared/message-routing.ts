import type { JsonRpcId, JsonRpcMessage, JsonRpcNotification } from "../../../domain/json-rpc.ts";
import type { UpstreamEvent } from "../../contract/observer.ts";
import { unrouted } from "../wire/unrouted.ts";
import { idParam, isId, isNotification, isRequest, metaOf } from "../../../mcp-protocol/json-rpc/guards.ts";
import { SUBSCRIPTION_ID_META_KEY } from "../../../mcp-protocol/vocabulary/meta-keys.ts";
import type { SharedExchange } from "./shared-exchange.ts";

export interface SharedRouting {
  /** Those in flight, by the id that the process knows them by; no id is ever given twice. */
  readonly exchanges: ReadonlyMap<JsonRpcId, SharedExchange>;
  /** Whether everything that the process was ever sent came from one principal. */
  readonly onePrincipal: boolean;
  observe(event: UpstreamEvent): void;
  /** Tells the server that its request gets no result. */
  refuse(id: JsonRpcId): void;
}

/**
 * Hands a message of the shared process to the exchange it belongs to, and to no other: what cannot be told to belong
 * to one caller is dropped and counted, because it may be another's.
 */
export function routeSharedMessage(routing: SharedRouting, message: JsonRpcMessage, line: Buffer): void {
  const { exchanges, observe } = routing;
  if (isRequest(message)) {
    // The stateless revision has no requests of servers; without a word the server would wait for a response.
    observe(unrouted(message));
    routing.refuse(message.id);
    return;
  }
  if (isNotification(message)) {
    if (!routeNotification(routing, message, line)) {
      observe(unrouted(message));
    }
    return;
  }
  const exchange = message.id === undefined || message.id === null ? undefined : exchanges.get(message.id);
  if (exchange === undefined) {
    observe(unrouted(message));
  } else {
    exchange.respond(message, line);
  }
}

function routeNotification(routing: SharedRouting, message: JsonRpcNotification, line: Buffer): boolean {
  const { exchanges } = routing;
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
  const exchange = exchangeOf(routing, message);
  exchange?.notify(message, line);
  return exchange !== undefined;
}

function exchangeOf(
  { exchanges, onePrincipal }: SharedRouting,
  message: JsonRpcNotification,
): SharedExchange | undefined {
  const meta = metaOf(message);
  if (meta !== null && Object.hasOwn(meta, SUBSCRIPTION_ID_META_KEY)) {
    const id = meta[SUBSCRIPTION_ID_META_KEY];
    const exchange = isId(id) ? exchanges.get(id) : undefined;
    return exchange?.listens === true ? exchange : undefined;
  }
  if (message.method === "notifications/progress") {
    const token = idParam(message, "progressToken");
    const exchange = token === null ? undefined : exchanges.get(token);
    return exchange?.wantsProgress === true ? exchange : undefined;
  }
  // Log messages name no request: they are one caller's only where there is no other, and has been none.
  if (message.method !== "notifications/message" || !onePrincipal) {
    return undefined;
  }
  const calls = [...exchanges.values()].filter((exchange) => !exchange.listens);
  return calls.length === 1 && calls[0]?.wantsLogs === true ? calls[0] : undefined;
}
