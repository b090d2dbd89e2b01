import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { Principal } from "../domain/principal.ts";
import type { SessionKind } from "../domain/sessions.ts";
import type { SessionObserver } from "../sessions/contract/observer.ts";
import { SESSION_FAILURES, type SessionCatalog } from "./session-catalog.ts";

/** What happens to sessions. */
export interface SessionTelemetry extends SessionObserver {
  /** The audit record of an end could not be kept. */
  endNotRecorded(
    ended: { readonly server: string; readonly session: string; readonly reason: string },
    error: unknown,
  ): void;
  /** Has them read at each scrape. */
  watch(read: {
    sessions(): readonly { readonly server: string; readonly kind: SessionKind }[];
    principals(): Readonly<Record<Principal["type"], number>>;
  }): void;
}

export function createSessionEvents(deps: {
  readonly recorder: Recorder<SessionCatalog>;
  readonly logger: Logger;
}): SessionTelemetry {
  const { recorder } = deps;
  const logger = deps.logger.child({ component: "sessions" });
  const failures: ReadonlySet<string> = new Set(SESSION_FAILURES);
  return {
    sessionOver({ fingerprint, kind, server, protocolVersion, caller, reason, durationMs, cut }) {
      recorder.increment("sark_gateway_session_ends_total", { server, kind, reason });
      const labels = {
        // Clients come over HTTP, whatever their server speaks.
        network_transport: "tcp" as const,
        mcp_protocol_version: protocolVersion ?? "",
        error_type: failures.has(reason) ? reason : "",
      };
      recorder.observe("mcp_server_session_duration_seconds", labels, durationMs / 1_000);
      const fields = { server, session: fingerprint, kind, user: caller.principal.id, reason, cut };
      logger.info(fields, "session over");
    },
    sessionRefused({ limit }) {
      // The line is that of the refused request.
      recorder.increment("sark_gateway_sessions_refused_total", { limit });
    },
    endNotRecorded: ({ server, session, reason }, error) =>
      logger.error({ server, session, reason, error }, "the end of a session could not be recorded"),
    watch({ sessions, principals }) {
      recorder.onCollect("sark_gateway_active_sessions", () => countByServer(sessions()));
      recorder.onCollect("sark_gateway_unique_users", () =>
        Object.entries(principals()).map(([type, value]) => ({
          labels: { type: type as Principal["type"] },
          value,
        })),
      );
    },
  };
}

function countByServer(sessions: readonly { readonly server: string; readonly kind: SessionKind }[]) {
  const counts = new Map<string, { labels: { server: string; kind: SessionKind }; value: number }>();
  for (const { server, kind } of sessions) {
    const key = `${kind} ${server}`;
    const count = counts.get(key) ?? { labels: { server, kind }, value: 0 };
    count.value += 1;
    counts.set(key, count);
  }
  return [...counts.values()];
}
