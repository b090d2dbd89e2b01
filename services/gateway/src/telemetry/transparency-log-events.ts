import type { LogBuilderObserver } from "@sark/audit/log-builder";
import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { TransparencyLogCatalog } from "./transparency-log-catalog.ts";

/** What happens in the transparency log. A refusal is the alarm: what was signed has been changed. */
export interface TransparencyLogEvents extends LogBuilderObserver {
  /** @param signer the key by which its signatures are verified. */
  opened(signer: string): void;
}

export function createTransparencyLogEvents(deps: {
  readonly recorder: Recorder<TransparencyLogCatalog>;
  readonly logger: Logger;
}): TransparencyLogEvents {
  const { recorder } = deps;
  const logger = deps.logger.child({ component: "transparency-log" });
  const security = deps.logger.child({ component: "transparency-log", log: "security-audit" });
  return {
    opened: (signer) => logger.info({ signer }, "transparency log opened"),
    leadershipChanged(leading) {
      recorder.set("sark_audit_log_leader", {}, leading ? 1 : 0);
      logger.info({ leading }, leading ? "this replica signs the log" : "this replica does not sign the log");
    },
    checkpointSigned({ size, leaves, seconds }) {
      recorder.set("sark_audit_log_size", {}, size);
      recorder.increment("sark_audit_log_checkpoints_total", {});
      recorder.observe("sark_audit_log_checkpoint_duration_seconds", {}, seconds);
      logger.debug({ size, leaves, duration_ms: seconds * 1_000 }, "checkpoint signed");
    },
    refused(error) {
      recorder.increment("sark_audit_log_refusals_total", { code: error.code });
      security.error(
        { error_type: error.code, error },
        "the store contradicts what was signed; nothing is signed",
      );
    },
    failed(error) {
      recorder.increment("sark_audit_log_failures_total", {});
      logger.error(
        { error_type: "log_builder_failed", error },
        "the log was not extended, to be tried again",
      );
    },
    tilesRebuilt({ size }) {
      recorder.increment("sark_audit_log_tiles_rebuilt_total", {});
      logger.warn({ size }, "the tiles of the log were made again");
    },
    attested({ by, size, seconds }) {
      recorder.increment("sark_audit_log_attestations_total", { result: "confirmed" });
      logger.debug({ by, size, duration_ms: seconds * 1_000 }, "checkpoint confirmed");
    },
    attestationFailed({ by, error }) {
      recorder.increment("sark_audit_log_attestations_total", { result: "failed" });
      logger.warn({ by, error_type: "attestation_failed", error }, "checkpoint not confirmed");
    },
  };
}
