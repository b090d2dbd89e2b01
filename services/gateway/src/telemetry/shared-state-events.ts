import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { SharedStateObserver } from "@sark/shared-state";
import type { GatewayCatalog } from "./catalog.ts";

/** What happens to what replicas share. */
export function createSharedStateEvents(deps: {
  readonly recorder: Recorder<GatewayCatalog>;
  readonly logger: Logger;
}): SharedStateObserver {
  const { recorder } = deps;
  const logger = deps.logger.child({ component: "shared-state" });
  /** Nothing before the first attempt, and so where nothing is shared: 0 says that it is away. */
  let isUp: boolean | null = null;
  recorder.onCollect("sark_gateway_shared_state_up", () => (isUp === null ? null : Number(isUp)));
  return {
    cameUp() {
      isUp = true;
      logger.info({}, "the shared state responds: limits and sessions are those of all replicas together");
    },
    wentDown({ code, message }) {
      isUp = false;
      logger.error(
        { error_type: code },
        `the shared state cannot be asked, so that limits and sessions are those of each replica: ${message}`,
      );
    },
    failed: (reason) => recorder.increment("sark_gateway_shared_state_failures_total", { reason }),
    responded: (seconds) => recorder.observe("sark_gateway_shared_state_seconds", {}, seconds),
  };
}
