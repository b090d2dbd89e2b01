import type { Exemplar, Recorder } from "@sark/observability/metrics";
import type { AgentType } from "../domain/agents.ts";
import type { Action } from "../domain/authorization.ts";
import type { GatewayCatalog } from "./catalog.ts";
import type { FaultOperation } from "./known-values.ts";
import { SERVER_NAMES } from "./names.ts";

type DecisionLabel = "allow" | "deny";

/** The recording helpers that SARK's code calls (MET-7): each takes what happened and counts it. */
export interface GatewayMetrics {
  /** `latency` in seconds. */
  recordAuthorization(
    decision: DecisionLabel,
    action: Action,
    server: string,
    latency: number,
    exemplar?: Exemplar,
  ): void;
  recordCacheHit(): void;
  recordCacheMiss(): void;
  recordClientError(operation: string, errorType: string): void;
  /** Something went wrong beside requests, so that no part of them is counted by it. */
  recordFault(operation: FaultOperation, errorType: string): void;
  recordAuditEvent(eventType: string, decision: DecisionLabel): void;
  recordA2aAuthorization(decision: DecisionLabel, sourceType: AgentType, targetType: AgentType): void;
}

export function createGatewayMetrics(recorder: Recorder<GatewayCatalog>): GatewayMetrics {
  const cacheHit = recorder.bindCounter("sark_gateway_cache_hits_total", {});
  const cacheMiss = recorder.bindCounter("sark_gateway_cache_misses_total", {});
  return {
    recordAuthorization(decision, action, server, latency, exemplar) {
      // A server that policies allow is one, though it is not behind this gateway.
      if (decision === "allow") {
        recorder.introduce(SERVER_NAMES, server);
      }
      recorder.increment("sark_gateway_authz_requests_total", { decision, action, server });
      recorder.observe("sark_gateway_authz_latency_seconds", { action }, latency, exemplar);
    },
    recordCacheHit() {
      cacheHit();
    },
    recordCacheMiss() {
      cacheMiss();
    },
    recordClientError(operation, errorType) {
      recorder.increment("sark_gateway_client_errors_total", { operation, error_type: errorType });
    },
    recordFault(operation, errorType) {
      recorder.increment("sark_gateway_client_errors_total", { operation, error_type: errorType });
    },
    recordAuditEvent(eventType, decision) {
      recorder.increment("sark_gateway_audit_events_total", { event_type: eventType, decision });
    },
    recordA2aAuthorization(decision, sourceType, targetType) {
      recorder.increment("sark_a2a_authz_requests_total", {
        decision,
        source_type: sourceType,
        target_type: targetType,
      });
    },
  };
}
