import { limitLines, type Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { LiveObserver } from "../live/ports/observer.ts";
import type { LiveCatalog } from "./live-catalog.ts";

/** Counted from 0 on, of each tenant that connects: a series that begins at 90 has not grown, and no alert would see it. */
const LOSSES = ["connection_lost", "heartbeat", "slow_consumer"] as const;
const LIMIT = { lines: 60, perMs: 60_000 };

export function createLiveEvents(deps: {
  readonly recorder: Recorder<LiveCatalog>;
  readonly logger: Logger;
}): LiveObserver {
  const { recorder } = deps;
  const logger = limitLines(deps.logger.child({ component: "live" }), LIMIT);
  return {
    opened(tenant) {
      recorder.adjust("metrics_websocket_connections_active", { tenant_id: tenant }, 1);
      recorder.increment("metrics_websocket_connections_opened_total", { tenant_id: tenant });
      for (const reason of LOSSES) {
        recorder.increment("metrics_websocket_connections_closed_total", { tenant_id: tenant, reason }, 0);
      }
    },
    closed({ tenant, reason, seconds }) {
      recorder.adjust("metrics_websocket_connections_active", { tenant_id: tenant }, -1);
      recorder.increment("metrics_websocket_connections_closed_total", { tenant_id: tenant, reason });
      recorder.observe("metrics_websocket_connection_duration_seconds", {}, seconds);
      if (reason === "slow_consumer") {
        recorder.increment("metrics_websocket_slow_consumers_total", { tenant_id: tenant });
      }
      if (reason !== "client" && reason !== "restart") {
        logger.warn({ tenant, error_type: reason }, "a live connection was ended");
      }
    },
    refused(tenant) {
      recorder.increment("metrics_websocket_connections_refused_total", { tenant_id: tenant });
    },
    updateSent({ tenant, seconds }) {
      recorder.increment("metrics_websocket_updates_sent_total", { tenant_id: tenant });
      if (seconds !== null) {
        recorder.observe("metrics_websocket_update_latency_seconds", {}, Math.max(0, seconds));
      }
    },
    updatesDropped: ({ tenant, updates }) =>
      recorder.increment("metrics_websocket_updates_dropped_total", { tenant_id: tenant }, updates),
    messageReceived: (tenant) =>
      recorder.increment("metrics_websocket_messages_received_total", { tenant_id: tenant }),
    messageInvalid: ({ code }) => recorder.increment("metrics_websocket_messages_refused_total", { code }),
    resynced: ({ reason }) => recorder.increment("metrics_websocket_resyncs_total", { reason }),
    kpisFailed({ tenant, error }) {
      recorder.increment("metrics_websocket_kpi_failures_total", {});
      logger.error({ tenant, error }, "KPIs could not be read for live updates");
    },
  };
}
