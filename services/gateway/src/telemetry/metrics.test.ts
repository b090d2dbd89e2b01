import { describe, expect, it } from "vitest";
import { createRecorder, lintCatalog } from "@sark/observability/metrics";
import { OWN_EVENT_TYPES } from "../governance/own-event-types.ts";
import { EVENT_TYPE_OF } from "../governance/records.ts";
import { gatewayCatalog } from "./catalog.ts";
import { createGatewayMetrics } from "./metrics.ts";
import { catalog } from "./metric-catalog.ts";

describe("the gateway's metrics", () => {
  it("records through the helpers of the contract, under the contract's names [MET-1] [MET-2] [MET-3] [MET-4] [MET-5] [MET-7]", async () => {
    const recorder = createRecorder(gatewayCatalog);
    const metrics = createGatewayMetrics(recorder);
    metrics.recordAuthorization("allow", "gateway:tool:invoke", "files", 0.007);
    metrics.recordCacheHit();
    metrics.recordCacheMiss();
    metrics.recordCacheMiss();
    metrics.recordClientError("tools/call", "unknown_server");
    metrics.recordAuditEvent("tool_invoke", "deny");
    metrics.recordA2aAuthorization("deny", "worker", "service");
    const { body } = await recorder.expose();
    for (const line of [
      'sark_gateway_authz_requests_total{decision="allow",action="gateway:tool:invoke",server="files"} 1',
      "sark_gateway_cache_hits_total 1",
      "sark_gateway_cache_misses_total 2",
      'sark_gateway_client_errors_total{operation="tools/call",error_type="unknown_server"} 1',
      'sark_gateway_audit_events_total{event_type="tool_invoke",decision="deny"} 1',
      'sark_a2a_authz_requests_total{decision="deny",source_type="worker",target_type="service"} 1',
      'sark_gateway_authz_latency_seconds_bucket{le="0.005",action="gateway:tool:invoke"} 0',
      'sark_gateway_authz_latency_seconds_bucket{le="0.01",action="gateway:tool:invoke"} 1',
    ]) {
      expect(body).toContain(line);
    }
    expect(gatewayCatalog.sark_gateway_authz_latency_seconds.buckets).toEqual([
      0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
    ]);
  });

  it("counts the gateway's own events apart, whatever types enforcement points elsewhere report", async () => {
    const recorder = createRecorder(gatewayCatalog);
    const metrics = createGatewayMetrics(recorder);
    for (let type = 0; type < 100; type += 1) {
      metrics.recordAuditEvent(`foreign_${type}`, "allow");
    }
    const own = [...OWN_EVENT_TYPES, ...Object.values(EVENT_TYPE_OF)];
    for (const type of own) {
      metrics.recordAuditEvent(type, "allow");
    }
    const { body } = await recorder.expose();
    for (const type of own) {
      expect(body).toContain(`sark_gateway_audit_events_total{event_type="${type}",decision="allow"} 1`);
    }
  });

  it("defines each metric once, with help, unit and bounded labels [MET-12]", () => {
    expect(lintCatalog(catalog)).toEqual([]);
  });
});
