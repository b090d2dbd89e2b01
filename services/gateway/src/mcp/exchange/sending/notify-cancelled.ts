import type { OpenCall } from "../../calls/call-registry.ts";
import { postHeaders } from "../../request/upstream-headers.ts";
import { drain } from "../../response/collect.ts";
import type { RequestContext } from "../context/request-context.ts";

/**
 * Tells the server of a session that no client waits for these responses any more. In the stateless era closing the
 * exchange says so. Nothing depends on it being heard.
 */
export function notifyCancelled(context: RequestContext, calls: readonly OpenCall[]): void {
  if (context.era !== "session") {
    return;
  }
  const { request, upstream, era, revision, session, parts } = context;
  const headers = postHeaders({ incoming: request.headers, era, revision, session, traceContext: {} });
  for (const { id } of calls) {
    const message = {
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId: id, reason: "the client no longer waits for the response" },
    } as const;
    const signal = AbortSignal.timeout(parts.limits.cancelGraceMs);
    const body = Buffer.from(JSON.stringify(message), "utf8");
    upstream
      .exchange({ method: "POST", headers, messages: [message], body, signal, caller: context.caller })
      .then((head) => drain(head.body))
      .catch(() => {});
  }
}
