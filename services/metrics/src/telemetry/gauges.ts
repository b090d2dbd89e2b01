import type { Recorder } from "@sark/observability/metrics";
import type { QueueState } from "../jobs/states.ts";
import type { FullCatalog } from "./metric-catalog.ts";

/** What is read at each scrape. */
export interface Gauges {
  watchDatabase(
    pool: () => { readonly total: number; readonly idle: number; readonly waiting: number },
    maxConnections: number,
  ): void;
  /** Bytes of request bodies, and events that wait to be written. */
  watchIngest(held: { heldBytes(): number; waiting(): number }): void;
  /** Tenants of which something is kept. */
  watchCache(tenants: () => number): void;
  watchQueue(states: () => readonly QueueState[]): void;
  /** What is to be sent to webhooks. */
  watchWebhooks(backlog: () => { readonly pending: number; readonly oldestSeconds: number }): void;
}

export function createGauges(recorder: Recorder<FullCatalog>): Gauges {
  return {
    watchDatabase(pool, maxConnections) {
      recorder.onCollect("metrics_database_pool_connections", () => {
        const { total, idle } = pool();
        return [
          { labels: { state: "in_use" as const }, value: total - idle },
          { labels: { state: "idle" as const }, value: idle },
        ];
      });
      recorder.onCollect("metrics_database_pool_waiting", () => pool().waiting);
      recorder.set("metrics_database_pool_max_connections", {}, maxConnections);
    },
    watchIngest({ heldBytes, waiting }) {
      recorder.onCollect("metrics_api_held_request_bytes", heldBytes);
      recorder.onCollect("metrics_ingest_waiting_events", waiting);
    },
    watchCache: (tenants) => recorder.onCollect("metrics_cache_tenants", tenants),
    watchQueue(states) {
      recorder.onCollect("metrics_background_jobs_queued", () =>
        states().flatMap(({ queue, waiting, deferred, active }) => [
          { labels: { queue, state: "waiting" as const }, value: waiting },
          { labels: { queue, state: "deferred" as const }, value: deferred },
          { labels: { queue, state: "active" as const }, value: active },
        ]),
      );
      recorder.onCollect("metrics_background_jobs_oldest_waiting_seconds", () =>
        states().map(({ queue, oldestSeconds }) => ({ labels: { queue }, value: oldestSeconds })),
      );
    },
    watchWebhooks(backlog) {
      recorder.onCollect("metrics_webhook_pending_deliveries", () => backlog().pending);
      recorder.onCollect("metrics_webhook_oldest_due_seconds", () => backlog().oldestSeconds);
    },
  };
}
