import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { DrainObserver } from "../draining/drain-control.ts";
import type { GatewayCatalog } from "./catalog.ts";

export function createDrainEvents(deps: {
  readonly recorder: Recorder<GatewayCatalog>;
  readonly logger: Logger;
}): DrainObserver {
  const { recorder } = deps;
  const logger = deps.logger.child({ component: "draining" });
  recorder.set("sark_gateway_draining", {}, 0);
  return {
    drainBegan({ timeoutMs, calls, streams }) {
      recorder.set("sark_gateway_draining", {}, 1);
      logger.warn({ timeout_seconds: timeoutMs / 1_000, calls, streams }, "the gateway drains");
    },
    drained({ cut }) {
      recorder.increment("sark_gateway_calls_cut_total", {}, cut);
      logger.warn({ cut }, "the gateway is drained");
    },
    drainEnded() {
      recorder.set("sark_gateway_draining", {}, 0);
      logger.warn({}, "the gateway is back in service");
    },
  };
}
