import type { JsonRpcMessage } from "../../../domain/json-rpc.ts";
import type { UpstreamEvent } from "../../contract/observer.ts";
import { isNotification, isRequest } from "../../../mcp-protocol/json-rpc/guards.ts";

const MAX_METHOD = 100;
const MAX_EXCERPT = 300;

/** The event of a message that was given to no caller. What a server logs is worth reading, so its text goes along. */
export function unrouted(message: JsonRpcMessage): UpstreamEvent {
  if (!isRequest(message) && !isNotification(message)) {
    return { type: "unrouted", kind: "response", method: null, excerpt: null };
  }
  const kind = isRequest(message) ? "request" : "notification";
  const method = message.method.slice(0, MAX_METHOD);
  const logged = message.method === "notifications/message" ? message.params?.["data"] : undefined;
  const excerpt = logged === undefined ? null : JSON.stringify(logged).slice(0, MAX_EXCERPT);
  return { type: "unrouted", kind, method, excerpt };
}
