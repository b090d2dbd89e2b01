import { describe, expect, it } from "vitest";
import { CatalogError, defineCatalog, mergeCatalogs, type Catalog } from "./catalog.ts";
import { bounded, oneOf } from "./labels.ts";
import { lintCatalog } from "./lint-catalog.ts";

const sound = {
  app_requests_total: {
    type: "counter",
    help: "Requests.",
    unit: "1",
    labels: { decision: oneOf("allow", "deny"), server: bounded(200) },
  },
} as const satisfies Catalog;

/** The problems that a catalog of this one metric is refused with. */
function problemsOf(name: string, definition: Catalog[string]): readonly string[] {
  try {
    defineCatalog({ [name]: definition });
    return [];
  } catch (error) {
    if (error instanceof CatalogError) {
      return error.problems;
    }
    throw error;
  }
}

describe("defineCatalog", () => {
  it("returns what it was given, frozen [MET-12]", () => {
    const catalog = defineCatalog(sound);
    expect(catalog).toBe(sound);
    expect(Object.isFrozen(catalog)).toBe(true);
    expect(Object.isFrozen(catalog.app_requests_total.labels)).toBe(true);
    expect(Object.isFrozen(catalog.app_requests_total.labels.decision.values)).toBe(true);
  });

  it.each<[string, string, Catalog[string], RegExp]>([
    ["an illegal name", "App-requests_total", { type: "counter", help: "X.", unit: "1" }, /lower-case words/],
    [
      "a counter without _total",
      "app_requests",
      { type: "counter", help: "X.", unit: "1" },
      /ends in _total/,
    ],
    ["a suffix of the exposition", "app_items_count", { type: "gauge", help: "X.", unit: "1" }, /drop it/],
    ["missing help", "app_items", { type: "gauge", help: " ", unit: "1" }, /needs help/],
    ["a missing unit", "app_items", { type: "gauge", help: "X.", unit: "" as "1" }, /needs a unit/],
    [
      "seconds that the name does not tell",
      "app_latency",
      { type: "histogram", help: "X.", unit: "seconds", buckets: [1] },
      /ends in _seconds/,
    ],
    [
      "bytes that the name does not tell",
      "app_size",
      { type: "histogram", help: "X.", unit: "bytes", buckets: [1] },
      /ends in _bytes/,
    ],
    [
      "buckets out of order",
      "app_latency_seconds",
      { type: "histogram", help: "X.", unit: "seconds", buckets: [0.5, 0.1] },
      /ascending/,
    ],
    [
      "an infinite bucket",
      "app_latency_seconds",
      { type: "histogram", help: "X.", unit: "seconds", buckets: [1, Infinity] },
      /ascending/,
    ],
    [
      "no buckets",
      "app_latency_seconds",
      { type: "histogram", help: "X.", unit: "seconds", buckets: [] },
      /needs buckets/,
    ],
    [
      "a reserved label",
      "app_x_total",
      { type: "counter", help: "X.", unit: "1", labels: { le: bounded(1) } },
      /reserved/,
    ],
    [
      "an illegal label",
      "app_x_total",
      { type: "counter", help: "X.", unit: "1", labels: { "my-label": bounded(1) } },
      /label my-label/,
    ],
    [
      "a bound of nothing",
      "app_x_total",
      { type: "counter", help: "X.", unit: "1", labels: { user: bounded(0) } },
      /at least 1/,
    ],
    [
      "an empty list",
      "app_x_total",
      { type: "counter", help: "X.", unit: "1", labels: { kind: oneOf() } },
      /at least one value/,
    ],
    [
      "a value listed twice",
      "app_x_total",
      { type: "counter", help: "X.", unit: "1", labels: { kind: oneOf("a", "a") } },
      /listed twice/,
    ],
    [
      "a value with the client's own joint",
      "app_x_total",
      { type: "counter", help: "X.", unit: "1", labels: { kind: oneOf("a|b") } },
      /must not contain/,
    ],
    [
      "an empty value",
      "app_x_total",
      { type: "counter", help: "X.", unit: "1", labels: { kind: oneOf("a", "") } },
      /recorded as none/,
    ],
  ])("refuses %s [MET-12]", (_what, name, definition, problem) => {
    expect(problemsOf(name, definition).join("\n")).toMatch(problem);
  });

  it("refuses listed labels that multiply to thousands of series [MET-12]", () => {
    const many = oneOf(...Array.from({ length: 40 }, (_, i) => `v${i}`));
    const problems = problemsOf("app_x_total", {
      type: "counter",
      help: "X.",
      unit: "1",
      labels: { a: many, b: many },
    });
    expect(problems).toEqual([expect.stringContaining("1600 series")]);
  });

  it("names every fault of every metric at once [MET-12]", () => {
    const faulty = {
      BAD: { type: "counter", help: "", unit: "1" },
      app_size: { type: "histogram", help: "X.", unit: "bytes", buckets: [] },
    } as const;
    expect(() => defineCatalog(faulty)).toThrow(CatalogError);
    expect(() => defineCatalog(faulty)).toThrow(/BAD: needs help[\s\S]*app_size: a histogram needs buckets/);
  });
});

describe("mergeCatalogs", () => {
  const other = defineCatalog({ lib_x_total: { type: "counter", help: "X.", unit: "1" } });

  it("joins the catalogs of libraries [MET-12]", () => {
    expect(Object.keys(mergeCatalogs(sound, other))).toEqual(["app_requests_total", "lib_x_total"]);
  });

  it("refuses a metric that is defined twice [MET-12]", () => {
    expect(() => mergeCatalogs(sound, other, sound)).toThrow(/app_requests_total: defined twice/);
  });
});

describe("lintCatalog", () => {
  it("finds nothing in a sound catalog [MET-12]", () => {
    expect(lintCatalog(sound)).toEqual([]);
  });

  it.each<[string, Catalog[string], RegExp]>([
    ["app_x_total", { type: "counter", help: "no sentence", unit: "1" }, /help is a sentence/],
    ["app_users_total", { type: "gauge", help: "Users.", unit: "1" }, /_total is for counters/],
    ["app_wait_ms", { type: "gauge", help: "Wait.", unit: "1" }, /base units/],
    ["app_backlog", { type: "gauge", help: "Age.", unit: "seconds" }, /names its unit: _seconds/],
    [
      "app_calls_total",
      { type: "counter", help: "Calls.", unit: "1", labels: { user: bounded(500), tool: bounded(500) } },
      /250000 series/,
    ],
    ["app_requests", { type: "counter", help: "Requests.", unit: "1" }, /ends in _total/],
  ])("complains about %s [MET-12]", (name, definition, complaint) => {
    expect(lintCatalog({ [name]: definition }).join("\n")).toMatch(complaint);
  });
});
