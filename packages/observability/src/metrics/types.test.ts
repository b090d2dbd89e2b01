import { expectTypeOf, it } from "vitest";
import { defineCatalog, mergeCatalogs, type LabelsOf, type MetricName } from "./catalog.ts";
import { bounded, oneOf } from "./labels.ts";
import { createRecorder } from "./recorder.ts";
import type { Recorder } from "./recorder-types.ts";

const LIBRARY = defineCatalog({
  lib_writes_total: { type: "counter", help: "W.", unit: "1", labels: { outcome: oneOf("ok", "failed") } },
});
const APP = defineCatalog({
  app_requests_total: {
    type: "counter",
    help: "R.",
    unit: "1",
    labels: { decision: oneOf("allow", "deny"), server: bounded(9) },
  },
  app_calls_total: { type: "counter", help: "C.", unit: "1", labels: { tool: oneOf("a", "none") } },
  app_up: { type: "gauge", help: "U.", unit: "1", labels: {} },
  app_pool: { type: "gauge", help: "P.", unit: "1", labels: { state: oneOf("idle", "busy") } },
  app_latency_seconds: { type: "histogram", help: "L.", unit: "seconds", buckets: [1] },
});
const ALL = mergeCatalogs(LIBRARY, APP);

it("knows names and labels at compile time [MET-12]", () => {
  expectTypeOf<MetricName<typeof APP, "counter">>().toEqualTypeOf<"app_requests_total" | "app_calls_total">();
  expectTypeOf<LabelsOf<typeof APP, "app_requests_total">>().toEqualTypeOf<{
    readonly decision: "allow" | "deny";
    readonly server: string | null | undefined;
  }>();
});

it("hands a recorder of everything to a library that asks for its own part [MET-12]", () => {
  expectTypeOf<Recorder<typeof ALL>>().toExtend<Recorder<typeof LIBRARY>>();
  expectTypeOf<Recorder<typeof LIBRARY>>().not.toExtend<Recorder<typeof ALL>>();
});

it("does not compile what the catalog does not list [MET-12]", () => {
  const recorder = createRecorder(ALL);
  /** Never called: the compiler decides, and an unused expectation fails the type check. */
  const refused = () => {
    // @ts-expect-error a name that is in no catalog
    recorder.increment("app_request_total", { decision: "allow", server: "a" });
    // @ts-expect-error a missing label
    recorder.increment("app_requests_total", { decision: "allow" });
    // @ts-expect-error a label of another name
    recorder.increment("app_requests_total", { decision: "allow", servers: "a" });
    // @ts-expect-error a label too many
    recorder.increment("app_requests_total", { decision: "allow", server: "a", user: "b" });
    // @ts-expect-error a value that is not listed
    recorder.increment("app_requests_total", { decision: "maybe", server: "a" });
    // @ts-expect-error null where none is not listed
    recorder.increment("app_requests_total", { decision: null, server: "a" });
    // @ts-expect-error a label where there is none
    recorder.set("app_up", { server: "a" }, 1);
    // @ts-expect-error no labels at all
    recorder.set("app_up", 1);
    // @ts-expect-error a counter is not set
    recorder.set("app_requests_total", { decision: "allow", server: "a" }, 1);
    // @ts-expect-error a gauge is not observed
    recorder.observe("app_up", {}, 1);
    // @ts-expect-error a gauge with labels is read by its series
    recorder.onCollect("app_pool", () => 3);
    // @ts-expect-error a metric defined by no buckets
    defineCatalog({ app_x_seconds: { type: "histogram", help: "X.", unit: "seconds" } });
  };
  const accepted = () => {
    recorder.increment("lib_writes_total", { outcome: "ok" });
    recorder.increment("app_requests_total", { decision: "allow", server: null }, 2);
    recorder.increment("app_calls_total", { tool: null });
    recorder.observe("app_latency_seconds", {}, 0.2, undefined);
    recorder.onCollect("app_up", () => 1);
    recorder.onCollect("app_pool", () => [{ labels: { state: "idle" }, value: 1 }]);
  };
  expectTypeOf(refused).toBeFunction();
  expectTypeOf(accepted).toBeFunction();
});
