import { sessionHeaders } from "../../request/upstream-headers.ts";
import { drain } from "../../response/collect.ts";
import type { RequestContext } from "../context/request-context.ts";

/** Ends a session that its client cannot use, so that the server need not keep it. Nothing depends on it being heard. */
export function leaveSession(context: RequestContext, upstreamId: string): void {
  const { upstream, caller, parts } = context;
  const headers = {
    ...sessionHeaders({ ...context, session: null, incoming: {}, traceContext: {} }),
    "mcp-session-id": upstreamId,
  };
  const signal = AbortSignal.timeout(parts.limits.cancelGraceMs);
  upstream
    .exchange({ method: "DELETE", headers, messages: null, body: null, signal, caller })
    .then((head) => drain(head.body))
    .catch(() => {});
}
