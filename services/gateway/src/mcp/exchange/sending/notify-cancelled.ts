import type { OpenCall } from "../../calls/call-registry.ts";
import { postHeaders } from "../../request/upstream-headers.ts";
import type { RequestContext } from "../context/request-context.ts";
import { tellServer } from "./tell-server.ts";

/**
 * Tells the server of a session that no client waits for these responses any more. In the stateless era closing the
 * exchange says so. Nothing depends on it being heard.
 */
export function notifyCancelled(context: RequestContext, calls: readonly OpenCall[]): void {
  if (context.era !== "session") {
    return;
  }
  const { request, era, revision, session } = context;
  const headers = postHeaders({ incoming: request.headers, era, revision, session, traceContext: {} });
  for (const { id } of calls) {
    const message = {
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId: id, reason: "the client no longer waits for the response" },
    } as const;
    const body = Buffer.from(JSON.stringify(message), "utf8");
    tellServer(context, { method: "POST", headers, messages: [message], body });
  }
}
