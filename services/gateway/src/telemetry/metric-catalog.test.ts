import type { LabelsOf, MetricName } from "@sark/observability/metrics";
import { catalog } from "@sark/gateway/metrics";
import { expectTypeOf, it } from "vitest";

type Catalog = typeof catalog;

it("others generate from the catalog what the compiler checks: names, types, labels and their values [MET-12]", () => {
  expectTypeOf<"sark_audit_queue_depth" | "sark_siem_leading">().toExtend<MetricName<Catalog, "gauge">>();
  expectTypeOf<"sark_audit_queue_depths">().not.toExtend<MetricName<Catalog>>();
  expectTypeOf<LabelsOf<Catalog, "sark_policy_loads_total">>().toEqualTypeOf<{
    readonly engine: "cedar" | "opa";
    readonly result: "loaded" | "failed";
  }>();
  expectTypeOf(catalog.sark_policy_loads_total.unit).toEqualTypeOf<"1">();
  expectTypeOf(catalog.sark_gateway_authz_latency_seconds.buckets).toEqualTypeOf<
    readonly [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
  >();
});
