import { createRecorder, defineCatalog, oneOf } from "@sark/observability/metrics";
import { expect, it } from "vitest";
import { mergeExpositions } from "./merge-expositions.ts";

const catalog = defineCatalog({
  test_calls_total: { type: "counter", help: "Calls.", unit: "1", labels: { how: oneOf("well", "badly") } },
  test_seconds: { type: "histogram", help: "Seconds.", unit: "seconds", buckets: [1, 2] },
});

async function expositions(accept: string): Promise<string[]> {
  const recorders = ["1", "2"].map((worker) => createRecorder(catalog, { defaultLabels: { worker } }));
  for (const [index, recorder] of recorders.entries()) {
    recorder.increment("test_calls_total", { how: "well" }, index + 1);
    recorder.observe("test_seconds", {}, index + 0.5);
  }
  return Promise.all(recorders.map(async (recorder) => String((await recorder.expose(accept)).body)));
}

it("has each family once, with the series of all", async () => {
  const merged = mergeExpositions(await expositions("text/plain"));
  const heads = merged.split("\n").filter((line) => line.startsWith("# "));
  expect(new Set(heads).size).toBe(heads.length);
  expect(merged).toContain('test_calls_total{how="well",worker="1"} 1');
  expect(merged).toContain('test_calls_total{how="well",worker="2"} 2');
  // Samples stand behind the head of their family, as both formats have it.
  const block = merged.slice(
    merged.indexOf("# HELP test_calls_total"),
    merged.indexOf("# HELP test_seconds"),
  );
  expect(block.split("\n").filter((line) => line.startsWith("test_calls_total{"))).toHaveLength(4);
  expect(merged.endsWith("\n")).toBe(true);
});

it("ends OpenMetrics once", async () => {
  const merged = mergeExpositions(await expositions("application/openmetrics-text"));
  expect(merged.match(/# EOF/g)).toHaveLength(1);
  expect(merged.endsWith("\n# EOF\n")).toBe(true);
});
