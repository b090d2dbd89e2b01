import type { LogBuilderObserver } from "@sark/audit/log-builder";
import type { HealthCheck } from "@sark/observability/health";

/** A problem that lasts is reported again within this time: the pauses before the next try are at most half of it. */
const FRESH_MS = { failed: 15_000, refused: 150_000 };

/** Keeps what the log builder last said of itself, for health, and passes everything on. */
export function observeLog(
  telemetry: LogBuilderObserver,
  signing: boolean,
): { readonly observer: LogBuilderObserver; readonly check: HealthCheck } {
  let leading = false;
  let signed: { readonly size: number; readonly at: string } | null = null;
  let problem = { message: "", until: 0 };

  const observer: LogBuilderObserver = {
    ...telemetry,
    leadershipChanged(now) {
      leading = now;
      telemetry.leadershipChanged(now);
    },
    checkpointSigned(checkpoint) {
      signed = { size: checkpoint.size, at: new Date().toISOString() };
      problem = { message: "", until: 0 };
      telemetry.checkpointSigned(checkpoint);
    },
    refused(error) {
      problem = { message: error.message, until: performance.now() + FRESH_MS.refused };
      telemetry.refused(error);
    },
    failed(error) {
      const message = error instanceof Error ? error.message : String(error);
      problem = { message, until: performance.now() + FRESH_MS.failed };
      telemetry.failed(error);
    },
  };
  return {
    observer,
    check: {
      name: "audit-log",
      component: "audit",
      // Calls go on and are recorded: what is not yet signed will be.
      required: false,
      intervalMs: 2_000,
      async check() {
        if (performance.now() < problem.until) {
          throw new Error(problem.message);
        }
        return {
          details: { signing, leading, signed_size: signed?.size ?? null, signed_at: signed?.at ?? null },
        };
      },
    },
  };
}
