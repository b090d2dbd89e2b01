import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { SharedStateObserver } from "@sark/shared-state";
import type { CacheObserver } from "../cache/observer.ts";
import type { SharedCatalog } from "./shared-catalog.ts";

export function createCacheEvents(recorder: Recorder<SharedCatalog>): CacheObserver {
  return {
    hit: (level) => recorder.increment("metrics_cache_hits_total", { level }),
    missed: () => recorder.increment("metrics_cache_misses_total", {}),
    invalidated: () => recorder.increment("metrics_cache_invalidations_total", {}),
    sharedFailed: () => recorder.increment("metrics_cache_shared_failures_total", {}),
  };
}

export function createSharedStateEvents(deps: {
  readonly recorder: Recorder<SharedCatalog>;
  readonly logger: Logger;
}): SharedStateObserver {
  const { recorder } = deps;
  const logger = deps.logger.child({ component: "shared-state" });
  /** Nothing before the first attempt, and so where nothing is shared: 0 says that it is away. */
  let isUp: boolean | null = null;
  recorder.onCollect("metrics_shared_state_up", () => (isUp === null ? null : Number(isUp)));
  return {
    cameUp() {
      isUp = true;
      logger.info(
        {},
        "the shared state responds: limits and live updates are those of all replicas together",
      );
    },
    wentDown({ code, message }) {
      isUp = false;
      logger.error(
        { error_type: code },
        `the shared state cannot be asked, so that limits and live updates are those of each replica: ${message}`,
      );
    },
    failed: (reason) => recorder.increment("metrics_shared_state_failures_total", { reason }),
    responded: (seconds) => recorder.observe("metrics_shared_state_duration_seconds", {}, seconds),
  };
}
