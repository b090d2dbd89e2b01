import type { EndedSession } from "../../../domain/sessions.ts";
import type { Upstream } from "../../../domain/upstream.ts";
import { findRevision } from "../../../mcp-protocol/revisions.ts";
import { sessionHeaders } from "../../request/upstream-headers.ts";
import type { EndpointParts } from "../context/request-context.ts";
import { sessionScope } from "../context/session-scope.ts";
import { tellServer } from "./tell-server.ts";

/** Ends at its server a session that was ended here, and what of it still waits. Nothing depends on it being heard. */
export function leaveSession(
  parts: Pick<EndpointParts, "limits" | "registry">,
  upstream: Upstream,
  { fingerprint, upstreamId, caller, protocolVersion }: EndedSession,
): void {
  if (upstreamId === null) {
    return;
  }
  const result = { outcome: "cancelled", message: "The session was ended." } as const;
  parts.registry.settleAwaited(sessionScope(upstream.name, fingerprint), result);
  const headers = {
    ...sessionHeaders({
      incoming: {},
      era: "session",
      revision: findRevision(protocolVersion ?? undefined) ?? null,
      session: null,
      traceContext: {},
    }),
    "mcp-session-id": upstreamId,
  };
  tellServer({ parts, upstream, caller }, { method: "DELETE", headers, messages: null, body: null });
}
