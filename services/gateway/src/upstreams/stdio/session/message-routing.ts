import type { JsonRpcMessage, JsonRpcNotification } from "../../../domain/json-rpc.ts";
import type { UpstreamEvent } from "../../contract/observer.ts";
import { unrouted } from "../wire/unrouted.ts";
import { idParam, isNotification, isRequest } from "../../../mcp-protocol/json-rpc/guards.ts";
import type { EventStream } from "./event-stream.ts";
import type { PendingRequest, PendingRequests } from "./pending-requests.ts";
import type { ServerRequests } from "./server-requests.ts";

export interface RoutingTables {
  readonly pending: PendingRequests;
  readonly serverRequests: ServerRequests;
  readonly standalone: EventStream;
  observe(event: UpstreamEvent): void;
}

/**
 * Finds the stream that a message of the server belongs on. Over stdio only responses and progress name
 * their request. Requests of the server (sampling, elicitation, roots) go to the newest call in
 * flight, which is what most likely caused them; other notifications to the standalone stream, or to
 * that call while no client reads the standalone one. What fits nowhere waits on the standalone stream, but progress of
 * a request that is no longer under way, which is dropped: all of it is within one caller's session.
 * Returns the request that the message is the response to.
 */
export function routeServerMessage(
  tables: RoutingTables,
  message: JsonRpcMessage,
  line: Buffer,
): PendingRequest | undefined {
  const { pending, serverRequests, standalone } = tables;
  if (isRequest(message)) {
    const call = pending.newestStream();
    const stream = call?.attached === true || !standalone.attached ? (call ?? standalone) : standalone;
    serverRequests.sent(message.id, stream);
    stream.send(line);
    return undefined;
  }
  if (isNotification(message)) {
    const stream = notificationStream(tables, message);
    if (stream === null) {
      tables.observe(unrouted(message));
    } else {
      stream.send(line);
    }
    return undefined;
  }
  const id = message.id ?? null;
  const request = id === null ? undefined : pending.take(id);
  if (request !== undefined) {
    request.response.responded(line);
  } else {
    if (id !== null) {
      pending.release(id);
    }
    tables.observe(unrouted(message));
  }
  return request;
}

function notificationStream(tables: RoutingTables, message: JsonRpcNotification): EventStream | null {
  const { pending, serverRequests, standalone } = tables;
  if (message.method === "notifications/progress") {
    const token = idParam(message, "progressToken");
    const request = token === null ? undefined : pending.byToken(token);
    return request === undefined ? null : (request.response.stream ?? standalone);
  }
  if (message.method === "notifications/cancelled") {
    const id = idParam(message, "requestId");
    return (id === null ? undefined : serverRequests.streamOf(id)) ?? standalone;
  }
  return standalone.attached ? standalone : (pending.newestStream() ?? standalone);
}
