import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { PolicyObserver } from "../policy/observer.ts";
import type { GatewayCatalog } from "./catalog.ts";
import type { GatewayMetrics } from "./metrics.ts";
import { sampledTrace } from "@sark/observability/tracing";

/** What happens in the policy layer. Denials by policy are the pipeline's to log; faults of the engine are logged here. */
export function createPolicyEvents(deps: {
  readonly recorder: Recorder<GatewayCatalog>;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}): PolicyObserver {
  const { recorder, metrics } = deps;
  const logger = deps.logger.child({ component: "policy" });
  return {
    asked: ({ engine }) => recorder.adjust("sark_policy_evaluations_in_progress", { engine }, 1),
    decided({ engine, code, seconds, fault }) {
      recorder.adjust("sark_policy_evaluations_in_progress", { engine }, -1);
      recorder.increment("sark_policy_evaluations_total", { engine, code });
      recorder.observe("sark_policy_evaluation_seconds", { engine }, seconds, sampledTrace());
      if (fault !== null) {
        // What a caller sends is no fault of the engine.
        const level = code === "undecidable_request" ? "warn" : "error";
        logger[level]({ engine, error_type: code }, `the engine could not decide: ${fault}`);
      }
    },
    loaded({ engine, revision, policies, seconds, warnings }) {
      recorder.increment("sark_policy_loads_total", { engine, result: "loaded" });
      recorder.set("sark_policy_load_failed", { engine }, 0);
      recorder.set("sark_policy_active_policies", { engine }, policies);
      recorder.observe("sark_policy_compilation_seconds", { engine }, seconds);
      logger.info({ engine, revision, policies, duration_ms: seconds * 1_000 }, "policies loaded");
      for (const warning of warnings) {
        logger.warn({ engine }, warning);
      }
    },
    loadFailed({ engine, file, line, message, revisionInForce }) {
      recorder.increment("sark_policy_loads_total", { engine, result: "failed" });
      recorder.set("sark_policy_load_failed", { engine }, 1);
      logger.error(
        { engine, file, line, revision_in_force: revisionInForce },
        `the policies on disk cannot be used: ${message}`,
      );
    },
    tokenFileChanged({ problem }) {
      if (problem === null) {
        logger.info({}, "the changed file of OPA's token is in use");
      } else {
        logger.error({}, `the changed file of OPA's token cannot be used, the token before is: ${problem}`);
      }
    },
    cacheHit: metrics.recordCacheHit,
    cacheMiss: metrics.recordCacheMiss,
    cacheOpened({ size, maxEntries, ttlMs }) {
      recorder.set("sark_policy_cache_capacity", {}, maxEntries);
      recorder.set("sark_policy_cache_ttl_seconds", {}, ttlMs / 1_000);
      recorder.onCollect("sark_policy_cache_decisions", size);
    },
    evicted: () => recorder.increment("sark_gateway_cache_evictions_total", {}),
  };
}
