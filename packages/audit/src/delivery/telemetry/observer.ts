import { targetOf } from "./target.ts";
import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { DeliveryObserver, RequestReport } from "../engine/ports/observer.ts";
import type { DeliveryCatalog } from "./catalog.ts";

/** Counts and logs what happens in deliveries. Failures that repeat are logged when the circuit opens, not each time. */
export function createDeliveryTelemetry(deps: {
  readonly recorder: Recorder<DeliveryCatalog>;
  readonly logger: Logger;
}): DeliveryObserver {
  const { recorder } = deps;
  const logger = deps.logger.child({ component: "siem" });

  function recordSizes({
    destination,
    platform,
    events,
    contentBytes,
    sentBytes,
    cut,
    late,
  }: RequestReport): void {
    const target = targetOf(destination, platform);
    recorder.observe("sark_siem_batch_events", { platform: target.platform }, events);
    recorder.increment("sark_siem_uncompressed_bytes_total", target, contentBytes);
    recorder.increment("sark_siem_compressed_bytes_total", target, sentBytes);
    if (cut > 0) {
      recorder.increment("sark_siem_events_cut_total", target, cut);
    }
    if (late > 0) {
      recorder.increment("sark_siem_events_late_total", target, late);
    }
  }

  return {
    requestFinished(report) {
      const { destination, platform, result, reason, seconds, events, confirmation } = report;
      const target = targetOf(destination, platform);
      const { platform: label } = target;
      recorder.increment("sark_siem_forwards_total", { ...target, status: result });
      if (confirmation) {
        recorder.observe("sark_siem_acknowledgement_duration_seconds", { platform: label }, seconds);
      } else {
        recorder.observe("sark_siem_forward_duration_seconds", { platform: label }, seconds);
        recordSizes(report);
      }
      const fields = { destination, platform, status: result, events, reason };
      if (reason === null) {
        logger.debug(fields, "events forwarded");
      } else if (result === "sent") {
        logger.debug(fields, "events sent, which nothing confirms");
      } else {
        logger.info(fields, "events not forwarded; they are kept");
      }
    },
    settled({ destination, platform, acknowledged, sent, quarantined, purged }) {
      const target = targetOf(destination, platform);
      recorder.increment("sark_siem_events_acknowledged_total", target, acknowledged);
      if (sent > 0) {
        recorder.increment("sark_siem_events_sent_total", target, sent);
      }
      if (quarantined > 0) {
        recorder.increment("sark_siem_events_quarantined_total", target, quarantined);
      }
      if (purged === 0) {
        return;
      }
      recorder.increment("sark_siem_events_purged_total", target, purged);
      logger.error(
        { destination, events: purged },
        "events were deleted from the log before they could be forwarded",
      );
    },
    eventQuarantined: ({ destination, seq, id, reason }) =>
      logger.error(
        { destination, seq, audit_id: id, reason },
        "the destination refused an event; it is in quarantine",
      ),
    circuitChanged(destination, _platform, { state, cause, reason, failures }) {
      const fields = { destination, state, cause, reason, failures };
      if (state !== "open") {
        logger.info(fields, "circuit breaker changed");
      } else if (cause === "configuration") {
        logger.error(fields, "forwarding waits until the configuration is mended");
      } else {
        logger.warn(fields, "circuit breaker opened; events are kept");
      }
    },
    leadershipChanged: (destination, _platform, leading) =>
      logger.info(
        { destination, leading },
        leading ? "this replica forwards" : "this replica no longer forwards",
      ),
    tlsFilesChanged(destination, problem) {
      if (problem === null) {
        logger.info({ destination }, "changed TLS files are in use");
      } else {
        logger.warn(
          { destination, problem },
          "changed TLS files cannot be used; the former ones still serve",
        );
      }
    },
    storeFailed(operation, error) {
      recorder.increment("sark_siem_store_failures_total", { operation });
      logger.warn({ operation, error }, "deliveries cannot use the database; they try again");
    },
  };
}
