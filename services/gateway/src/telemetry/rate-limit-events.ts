import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import { principalKey } from "@sark/authentication";
import type { RateLimitEvents } from "../governance/rate-limit-stage.ts";
import type { RateLimitObserver } from "../limits/contract/observer.ts";
import type { GatewayCatalog } from "./catalog.ts";
import { createLineLimit } from "./line-limit.ts";
import type { GatewayMetrics } from "./metrics.ts";

/** What happens to rate limits. */
export interface RateLimitTelemetry extends RateLimitEvents, RateLimitObserver {
  /** Has the number of subjects read at each scrape. */
  watch(subjects: () => number): void;
}

export function createRateLimitEvents(deps: {
  readonly recorder: Recorder<GatewayCatalog>;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}): RateLimitTelemetry {
  const { recorder, metrics } = deps;
  const logger = deps.logger.child({ component: "rate-limits" });
  const lines = createLineLimit(() =>
    recorder.increment("sark_gateway_log_lines_suppressed_total", { about: "rate_limited" }),
  );
  return {
    rateLimited({ kind, server, counted, message }) {
      const { principal, correlationId } = counted.caller;
      recorder.increment("sark_gateway_rate_limit_violations_total", { limit: kind, server: server ?? "" });
      metrics.recordClientError("rate_limit", "rate_limited");
      const fields = { limit: kind, server, user: principal.id };
      lines.write(
        `${principalKey(principal)} ${kind}`,
        () => logger.warn({ ...fields, correlation_id: correlationId }, message),
        (left) =>
          logger.warn(
            { ...fields, lines: left },
            "left out further lines about refused calls of this caller",
          ),
      );
    },
    refusalNotRecorded(error) {
      // The refused call has been counted.
      metrics.recordFault("access", "audit_unavailable");
      logger.error({ error }, "the record of calls that were refused for their rate could not be kept");
    },
    overflowed: (limit) => recorder.increment("sark_gateway_rate_limit_overflow_total", { limit }),
    fellBack: () => recorder.increment("sark_gateway_rate_limit_fallbacks_total", {}),
    watch: (subjects) => recorder.onCollect("sark_gateway_rate_limit_subjects", subjects),
  };
}
