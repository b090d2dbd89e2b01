import { bounded, defineCatalog, oneOf } from "@sark/observability/metrics";
import type { DriveNote } from "@sark/testkit/metric-drives";
import { describe, expect, it } from "vitest";
import { drivenBy } from "./drives.ts";
import { strayRecordings, unmovedMetrics, type RanFile } from "./find-faults.ts";

const catalog = defineCatalog({
  test_calls_total: {
    type: "counter",
    help: "Calls.",
    unit: "1",
    labels: { how: oneOf("well", "badly"), server: bounded(3) },
  },
  test_waiting: { type: "gauge", help: "Those that wait.", unit: "1" },
});

function ran(file: string, note: Partial<DriveNote> = {}, complete = true): RanFile {
  return {
    file,
    complete,
    notes: [{ service: "gateway", moved: [], folded: [], refused: [], ...note }],
  };
}

describe("the file that is named for a metric", () => {
  const drives = { ...drivenBy("a.test.ts", "test_calls_total"), ...drivenBy("b.test.ts", "test_waiting") };
  const unmoved = (files: readonly RanFile[], all = false) =>
    unmovedMetrics({ service: "gateway", drives }, files, all);

  it("has to move it, whatever others do [MET-12]", () => {
    expect(unmoved([ran("a.test.ts"), ran("c.test.ts", { moved: ["test_calls_total"] })])).toEqual([
      "test_calls_total: a.test.ts, which is named for it, does not move it; moved by c.test.ts",
    ]);
    expect(unmoved([ran("a.test.ts", { moved: ["test_calls_total"] })])).toEqual([]);
  });

  it("has to move it in its own service [MET-12]", () => {
    expect(unmoved([ran("a.test.ts", { service: "metrics", moved: ["test_calls_total"] })])).toEqual([
      "test_calls_total: a.test.ts, which is named for it, does not move it",
    ]);
  });

  it("is not asked where it did not run, or not all of it [MET-12]", () => {
    expect(unmoved([])).toEqual([]);
    expect(unmoved([ran("a.test.ts", {}, false)])).toEqual([]);
  });

  it("has to be there in a run of all tests [MET-12]", () => {
    expect(unmoved([ran("a.test.ts", { moved: ["test_calls_total"] })], true)).toEqual([
      "test_waiting: b.test.ts, which is named for it, is not among the tests",
    ]);
  });
});

it("names what was recorded otherwise than the catalog says, and where [MET-12]", () => {
  const strays = (note: Partial<DriveNote>) => strayRecordings(catalog, [ran("a.test.ts", note)]);
  expect(strays({ moved: ["test_calls_total", "test_other"] })).toEqual([
    "test_other: is in no catalog (a.test.ts)",
  ]);
  expect(strays({ folded: [{ metric: "test_calls_total", label: "how" }] })).toEqual([
    "test_calls_total: its label how got a value that is not listed (a.test.ts)",
  ]);
  expect(strays({ folded: [{ metric: "test_calls_total", label: "server" }] })).toEqual([]);
  expect(strays({ refused: ["test_waiting"] })).toEqual([
    "test_waiting: got a value that is no number, or could not be read (a.test.ts)",
  ]);
});
