import { limitLines, type Logger } from "@sark/observability/logging";
import { type Recorder } from "@sark/observability/metrics";
import type { DeliveryObserver } from "../engine/ports/observer.ts";
import type { DeliveryCatalog } from "./catalog.ts";
import { createDeliveryTelemetry } from "./observer.ts";

/** Of the shipper's own lines, which it ships as well: they must not feed on themselves. */
const LIMIT = { lines: 20, perMs: 60_000 };

/** Counts and logs what happens to log lines on their way, as it is done for audit events, and never much of it. */
export function createLogShippingTelemetry(deps: {
  readonly recorder: Recorder<DeliveryCatalog>;
  readonly logger: Logger;
}): DeliveryObserver {
  const logger = limitLines(deps.logger, LIMIT);
  const own = logger.child({ component: "log-shipping" });
  return {
    ...createDeliveryTelemetry({ recorder: deps.recorder, logger }),
    eventQuarantined: ({ destination, seq, reason }) =>
      own.error(
        { destination, line: seq, reason },
        "a log line was refused for good; it stands in quarantine",
      ),
    storeFailed(operation, error) {
      deps.recorder.increment("sark_siem_store_failures_total", { operation });
      own.warn(
        { operation, error },
        "log files cannot be read, or the position not be written; it is tried again",
      );
    },
    // No other process could lead.
    leadershipChanged: () => undefined,
  };
}
