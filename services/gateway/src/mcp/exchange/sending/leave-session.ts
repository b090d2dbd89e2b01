import { sessionHeaders } from "../../request/upstream-headers.ts";
import type { RequestContext } from "../context/request-context.ts";
import { tellServer } from "./tell-server.ts";

/** Ends a session that its client cannot use, so that the server need not keep it. Nothing depends on it being heard. */
export function leaveSession(context: RequestContext, upstreamId: string): void {
  const headers = {
    ...sessionHeaders({ ...context, session: null, incoming: {}, traceContext: {} }),
    "mcp-session-id": upstreamId,
  };
  tellServer(context, { method: "DELETE", headers, messages: null, body: null });
}
