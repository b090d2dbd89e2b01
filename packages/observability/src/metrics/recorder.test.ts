import { createHook } from "node:async_hooks";
import fs from "node:fs";
import net from "node:net";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { defineCatalog } from "./catalog.ts";
import { bounded, introduced, oneOf } from "./labels.ts";
import { createRecorder } from "./recorder.ts";

const CATALOG = defineCatalog({
  app_requests_total: {
    type: "counter",
    help: "Requests.",
    unit: "1",
    labels: { decision: oneOf("allow", "deny"), server: bounded(2) },
  },
  app_decisions_total: {
    type: "counter",
    help: "Decisions.",
    unit: "1",
    labels: { decision: oneOf("allow", "deny"), cached: oneOf("yes", "no") },
  },
  app_restarts_total: { type: "counter", help: "Restarts.", unit: "1" },
  app_connections: { type: "gauge", help: "Connections.", unit: "1" },
  app_pool_size: { type: "gauge", help: "Pool.", unit: "1", labels: { state: oneOf("idle", "busy") } },
  app_latency_seconds: {
    type: "histogram",
    help: "Latency.",
    unit: "seconds",
    labels: { action: bounded(10) },
    buckets: [0.1, 0.5, 1],
  },
});

type AppRecorder = ReturnType<typeof createRecorder<typeof CATALOG>>;

/** The value of one series, or undefined when there is none. */
async function valueOf(recorder: AppRecorder, name: string, labels: Record<string, string | number> = {}) {
  const series = await recorder.series();
  return series.find((one) => one.name === name && isDeepStrictEqual(one.labels, labels))?.value;
}

const folded = (metric: string, label: string) =>
  ["observability_label_values_folded_total", { metric, label }] as const;
const TRACE = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
const MESSAGES = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
const MANY = defineCatalog({
  app_many_seconds: {
    type: "histogram",
    help: "Many series.",
    unit: "seconds",
    buckets: [1],
    labels: { name: bounded(20_000) },
  },
});

const OPEN_METRICS = "application/openmetrics-text; version=1.0.0";

describe("counters and gauges", () => {
  it("adds up by label values, whatever order the labels come in [MET-7]", async () => {
    const recorder = createRecorder(CATALOG);
    recorder.increment("app_requests_total", { decision: "allow", server: "a" });
    recorder.increment("app_requests_total", { server: "a", decision: "allow" }, 4);
    recorder.increment("app_requests_total", { decision: "deny", server: "a" }, 0.5);
    recorder.increment("app_restarts_total", {});
    expect(await valueOf(recorder, "app_requests_total", { decision: "allow", server: "a" })).toBe(5);
    expect(await valueOf(recorder, "app_requests_total", { decision: "deny", server: "a" })).toBe(0.5);
    expect(await valueOf(recorder, "app_restarts_total")).toBe(1);
  });

  it("shows each combination of listed labels at zero before the first event [MET-12]", async () => {
    const recorder = createRecorder(CATALOG);
    const series = (await recorder.series()).filter((one) => one.name === "app_decisions_total");
    expect(series.map((one) => [one.labels["decision"], one.labels["cached"], one.value])).toEqual([
      ["allow", "yes", 0],
      ["allow", "no", 0],
      ["deny", "yes", 0],
      ["deny", "no", 0],
    ]);
    expect(await valueOf(recorder, "app_restarts_total")).toBe(0);
  });

  it("a series that is bound counts as the one that is named, and refuses what it refuses [MET-7]", async () => {
    const recorder = createRecorder(CATALOG);
    const allowed = recorder.bindCounter("app_requests_total", { decision: "allow", server: "a" });
    const connections = recorder.bindGauge("app_connections", {});
    expect(recorder.moved()).toEqual([]);
    allowed();
    allowed(2);
    recorder.increment("app_requests_total", { decision: "allow", server: "a" });
    connections.adjust(3);
    connections.adjust(-1);
    expect(await valueOf(recorder, "app_requests_total", { decision: "allow", server: "a" })).toBe(4);
    expect(await valueOf(recorder, "app_connections")).toBe(2);
    connections.set(7);
    for (const bad of [NaN, Infinity]) {
      allowed(bad);
      connections.set(bad);
      connections.adjust(bad);
    }
    allowed(-1);
    expect(await valueOf(recorder, "app_requests_total", { decision: "allow", server: "a" })).toBe(4);
    expect(await valueOf(recorder, "app_connections")).toBe(7);
    const refused = (metric: string) =>
      valueOf(recorder, "observability_recordings_refused_total", { metric });
    expect(await refused("app_requests_total")).toBe(3);
    expect(await refused("app_connections")).toBe(4);
    expect(recorder.moved()).toContain("app_connections");
    const folded = recorder.bindCounter("app_requests_total", { decision: "allow", server: "x".repeat(300) });
    folded();
    expect(await valueOf(recorder, "app_requests_total", { decision: "allow", server: "other" })).toBe(1);
  });

  it("sets and moves gauges [MET-7]", async () => {
    const recorder = createRecorder(CATALOG);
    recorder.adjust("app_connections", {}, 3);
    recorder.adjust("app_connections", {}, -1);
    recorder.set("app_pool_size", { state: "busy" }, 7);
    recorder.set("app_pool_size", { state: "busy" }, 5);
    expect(await valueOf(recorder, "app_connections")).toBe(2);
    expect(await valueOf(recorder, "app_pool_size", { state: "busy" })).toBe(5);
  });

  it("reads a gauge when it is scraped, and forgets series that are no longer reported [MET-12]", async () => {
    const recorder = createRecorder(CATALOG);
    let connections = 1;
    let pool: { labels: { state: "idle" | "busy" }; value: number }[] = [
      { labels: { state: "idle" }, value: 2 },
      { labels: { state: "busy" }, value: 3 },
    ];
    recorder.onCollect("app_connections", () => connections);
    recorder.onCollect("app_pool_size", () => pool);
    expect((await recorder.expose()).body).toContain("app_connections 1\n");
    connections = 8;
    pool = [{ labels: { state: "busy" }, value: 4 }];
    const { body } = await recorder.expose(OPEN_METRICS);
    expect(body).toContain("app_connections 8\n");
    expect(body).toContain('app_pool_size{state="busy"} 4\n');
    expect(body).not.toContain('state="idle"');
  });

  it("leaves out a gauge whose reader fails, and counts it; the rest is exposed [MET-12]", async () => {
    const recorder = createRecorder(CATALOG);
    recorder.set("app_connections", {}, 4);
    recorder.onCollect("app_connections", () => {
      throw new Error("closed");
    });
    recorder.increment("app_restarts_total", {});
    const { body } = await recorder.expose();
    expect(body).not.toMatch(/^app_connections /m);
    expect(body).toContain("app_restarts_total 1\n");
    expect(body).toContain('observability_recordings_refused_total{metric="app_connections"} 1\n');
  });

  it("refuses and counts what is no number or would lower a counter, and never throws [QLT-5]", async () => {
    const recorder = createRecorder(CATALOG);
    recorder.increment("app_restarts_total", {}, -1);
    recorder.increment("app_restarts_total", {}, Number.NaN);
    recorder.set("app_connections", {}, Infinity);
    recorder.adjust("app_connections", {}, Number.NaN);
    recorder.observe("app_latency_seconds", { action: "a" }, Number.NaN);
    const refused = "observability_recordings_refused_total";
    expect(await valueOf(recorder, "app_restarts_total")).toBe(0);
    expect(await valueOf(recorder, refused, { metric: "app_restarts_total" })).toBe(2);
    expect(await valueOf(recorder, refused, { metric: "app_connections" })).toBe(2);
    expect(await valueOf(recorder, refused, { metric: "app_latency_seconds" })).toBe(1);
    expect(await valueOf(recorder, "app_latency_seconds_count", { action: "a" })).toBeUndefined();
  });
});

describe("bounds", () => {
  it("keeps the first values apart, folds further ones into other, and counts what it folded [MET-12]", async () => {
    const recorder = createRecorder(CATALOG);
    for (const server of ["a", "b", "c", "d", "c", "a"]) {
      recorder.increment("app_requests_total", { decision: "allow", server });
    }
    const of = (server: string) => valueOf(recorder, "app_requests_total", { decision: "allow", server });
    expect([await of("a"), await of("b"), await of("other")]).toEqual([2, 1, 3]);
    expect(await of("c")).toBeUndefined();
    expect(await valueOf(recorder, ...folded("app_requests_total", "server"))).toBe(3);
  });

  it("folds an unlisted value and counts it [MET-12]", async () => {
    const recorder = createRecorder(CATALOG);
    const decision = "maybe" as "allow";
    recorder.increment("app_requests_total", { decision, server: "a" });
    expect(await valueOf(recorder, "app_requests_total", { decision: "other", server: "a" })).toBe(1);
    expect(await valueOf(recorder, ...folded("app_requests_total", "decision"))).toBe(1);
  });

  it("records null, undefined and empty values as none, which takes no place of the bound [MET-12]", async () => {
    const recorder = createRecorder(CATALOG);
    for (const server of [null, undefined, "", "a", "b"]) {
      recorder.increment("app_requests_total", { decision: "allow", server });
    }
    const of = (server: string) => valueOf(recorder, "app_requests_total", { decision: "allow", server });
    expect([await of("none"), await of("a"), await of("b")]).toEqual([3, 1, 1]);
    expect(await valueOf(recorder, ...folded("app_requests_total", "server"))).toBeUndefined();
  });

  it("folds values too long to be names, and tells apart values that look alike when joined [MET-12]", async () => {
    const recorder = createRecorder(
      defineCatalog({
        app_x_total: { type: "counter", help: "X.", unit: "1", labels: { a: bounded(9), b: bounded(9) } },
      }),
    );
    recorder.increment("app_x_total", { a: "x".repeat(257), b: "1" });
    recorder.increment("app_x_total", { a: "p|", b: "q" });
    recorder.increment("app_x_total", { a: "p", b: "|q" });
    const { body } = await recorder.expose();
    expect(body).toContain('app_x_total{a="other",b="1"} 1\n');
    expect(body).toContain('app_x_total{a="p¦",b="q"} 1\n');
    expect(body).toContain('app_x_total{a="p",b="¦q"} 1\n');
  });

  it("takes a number of an untyped caller for the same series as its text [MET-12]", async () => {
    const recorder = createRecorder(CATALOG);
    recorder.increment("app_requests_total", { decision: "allow", server: 5 as unknown as string });
    recorder.increment("app_requests_total", { decision: "allow", server: "5" });
    expect(await valueOf(recorder, "app_requests_total", { decision: "allow", server: "5" })).toBe(2);
  });

  it("bounds the series of one metric, too: bounded labels fold together, listed ones stay [MET-12]", async () => {
    const recorder = createRecorder(
      defineCatalog({
        app_calls_total: {
          type: "counter",
          help: "Calls.",
          unit: "1",
          labels: { user: bounded(50), tool: bounded(50), ok: oneOf("yes", "no") },
        },
      }),
      { maxSeriesPerMetric: 10 },
    );
    for (let user = 0; user < 20; user++) {
      for (let tool = 0; tool < 20; tool++) {
        recorder.increment("app_calls_total", { user: `u${user}`, tool: `t${tool}`, ok: "yes" });
      }
    }
    recorder.increment("app_calls_total", { user: "u0", tool: "t0", ok: "no" });
    const series = (await recorder.series()).filter((one) => one.name === "app_calls_total");
    expect(series).toHaveLength(12);
    expect(series.reduce((sum, one) => sum + one.value, 0)).toBe(401);
    expect(series.find((one) => one.labels["ok"] === "no")?.labels).toEqual({
      user: "other",
      tool: "other",
      ok: "no",
    });
  });

  it("shows of names that callers could make up those that were introduced, in all metrics with the group [MET-12]", async () => {
    const recorder = createRecorder(
      defineCatalog({
        app_x_total: { type: "counter", help: "X.", unit: "1", labels: { tool: introduced("tool", 2) } },
        app_y_total: { type: "counter", help: "Y.", unit: "1", labels: { tool: introduced("tool", 2) } },
      }),
    );
    const count = (tool: string) => {
      recorder.increment("app_x_total", { tool });
      recorder.increment("app_y_total", { tool });
    };
    for (let index = 0; index < 50; index += 1) {
      count(`made-up-${index}`);
    }
    count("a|b");
    expect([recorder.introduce("tool", "a|b"), recorder.introduce("tool", "a|b")]).toEqual([true, true]);
    expect(recorder.introduce("tool", "x".repeat(257))).toBe(false);
    expect(recorder.introduce("tool", "c")).toBe(true);
    expect(recorder.introduce("tool", "d")).toBe(false);
    expect(() => recorder.introduce("toll", "c")).toThrow(/no label .* toll/);
    for (const tool of ["a|b", "c", "d", ""]) {
      count(tool);
    }
    for (const name of ["app_x_total", "app_y_total"]) {
      const { body } = await recorder.expose();
      const of = (tool: string) => new RegExp(`${name}\\{tool="${tool}"\\} (\\d+)`).exec(String(body))?.[1];
      expect([of("a¦b"), of("c"), of("d"), of("none"), of("other")]).toEqual([
        "1",
        "1",
        undefined,
        "1",
        "52",
      ]);
    }
  });

  it("keeps a place for reserved values, whatever comes before them [MET-12]", async () => {
    const recorder = createRecorder(
      defineCatalog({
        app_x_total: {
          type: "counter",
          help: "X.",
          unit: "1",
          labels: { kind: bounded(3, ["own", "ours"]) },
        },
      }),
    );
    for (const kind of ["a", "b", "c", "d", "own", "ours"]) {
      recorder.increment("app_x_total", { kind });
    }
    const series = (await recorder.series()).filter((one) => one.name === "app_x_total");
    expect(series.map(({ labels }) => labels["kind"])).toEqual(["a", "b", "c", "other", "own", "ours"]);
  });

  it("survives label values that could break the format [MET-12]", async () => {
    const recorder = createRecorder(CATALOG);
    recorder.increment("app_requests_total", { decision: "allow", server: 'a"b\\c\nd' });
    recorder.increment("app_requests_total", { decision: "allow", server: "__proto__" });
    const { body } = await recorder.expose();
    expect(body).toContain('server="a\\"b\\\\c\\nd"} 1\n');
    expect(body).toContain('server="__proto__"} 1\n');
  });
});

describe("histograms", () => {
  it("counts into cumulative buckets, with sum and count [MET-7]", async () => {
    const recorder = createRecorder(CATALOG);
    for (const value of [0.05, 0.3, 0.5, 7]) {
      recorder.observe("app_latency_seconds", { action: "x" }, value);
    }
    const bucket = (le: number | string) =>
      valueOf(recorder, "app_latency_seconds_bucket", { action: "x", le });
    expect([await bucket(0.1), await bucket(0.5), await bucket(1), await bucket("+Inf")]).toEqual([
      1, 3, 3, 4,
    ]);
    expect(await valueOf(recorder, "app_latency_seconds_sum", { action: "x" })).toBeCloseTo(7.85);
    expect(await valueOf(recorder, "app_latency_seconds_count", { action: "x" })).toBe(4);
  });

  it("shows exemplars in OpenMetrics only, on the bucket that the value fell into [LOG-5]", async () => {
    const recorder = createRecorder(CATALOG);
    recorder.observe("app_latency_seconds", { action: "x" }, 0.3, TRACE);
    const open = await recorder.expose(OPEN_METRICS);
    expect(open.body).toMatch(
      /le="0.5",action="x"\} 1 # \{trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"\} 0.3 \d+/,
    );
    expect(String(open.body).match(/trace_id/g)).toHaveLength(1);
    expect((await recorder.expose()).body).not.toContain("trace_id");
  });

  it("keeps the newest exemplar of each bucket, of the one beyond all bounds, too [LOG-5]", async () => {
    const recorder = createRecorder(CATALOG);
    recorder.observe("app_latency_seconds", { action: "x" }, 8, TRACE);
    recorder.observe("app_latency_seconds", { action: "x" }, 9, { ...TRACE, spanId: "c".repeat(16) });
    recorder.observe("app_latency_seconds", { action: "x" }, 10);
    const { body } = await recorder.expose(OPEN_METRICS);
    expect(body).toMatch(/le="\+Inf",action="x"\} 3 # \{trace_id="\w{32}",span_id="c{16}"\} 9 \d+/);
  });

  it("shows one without labels at zero before the first value, in both formats [MET-12]", async () => {
    const recorder = createRecorder(
      defineCatalog({
        app_wait_seconds: { type: "histogram", help: "Waits.", unit: "seconds", buckets: [1] },
      }),
    );
    for (const accept of ["text/plain", OPEN_METRICS]) {
      const { body } = await recorder.expose(accept);
      expect(body).toContain(
        [`app_wait_seconds_bucket{le="1"} 0`, `app_wait_seconds_bucket{le="+Inf"} 0`].join("\n"),
      );
      expect(body).toContain("app_wait_seconds_count 0");
    }
    expect(recorder.moved()).toEqual([]);
  });

  it("leaves out an exemplar with ids that are none, and keeps the observation [LOG-5]", async () => {
    const recorder = createRecorder(CATALOG);
    recorder.observe("app_latency_seconds", { action: "x" }, 0.3, { traceId: "x".repeat(500), spanId: "y" });
    expect((await recorder.expose(OPEN_METRICS)).body).not.toContain("trace_id");
    expect(await valueOf(recorder, "app_latency_seconds_count", { action: "x" })).toBe(1);
  });
});

describe("exposition", () => {
  it("speaks both formats by turns, with the same names each time [MET-7]", async () => {
    const recorder = createRecorder(CATALOG);
    recorder.increment("app_restarts_total", {}, 2);
    const before = await recorder.expose();
    const open = await recorder.expose(OPEN_METRICS);
    const after = await recorder.expose("text/plain");
    expect(before.contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(open.contentType).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(after).toEqual(before);
    expect(before.body).toContain("# TYPE app_restarts_total counter\napp_restarts_total 2\n");
    expect(open.body).toContain("# TYPE app_restarts counter\napp_restarts_total 2\n");
    expect(String(open.body).endsWith("# EOF\n")).toBe(true);
    expect((await recorder.expose(OPEN_METRICS)).body).toBe(open.body);
  });

  it("lets other work go on between the messages of many series [MET-12]", async () => {
    const recorder = createRecorder(MANY, { nativeHistograms: true });
    for (let series = 0; series < 10_000; series += 1) {
      recorder.observe("app_many_seconds", { name: `series ${series}` }, series + 0.5);
    }
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    const { body } = await recorder.expose(MESSAGES);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
    expect(new Set(String(body).match(/series \d+/g)).size).toBe(10_000);
  });

  it("responds to simultaneous scrapes alike [MET-7]", async () => {
    const recorder = createRecorder(CATALOG);
    recorder.onCollect("app_connections", () => 3);
    recorder.increment("app_requests_total", { decision: "allow", server: "a" }, 7);
    const scrapes = await Promise.all(
      Array.from({ length: 8 }, (_, i) => recorder.expose(i % 2 === 0 ? OPEN_METRICS : undefined)),
    );
    expect(new Set(scrapes.map((scrape) => scrape.body)).size).toBe(2);
  });

  it("puts default labels on every series [MET-7]", async () => {
    const recorder = createRecorder(CATALOG, { defaultLabels: { service: "app" } });
    recorder.increment("app_restarts_total", {});
    expect((await recorder.expose()).body).toContain('app_restarts_total{service="app"} 1\n');
    expect(await valueOf(recorder, "app_restarts_total", { service: "app" })).toBe(1);
  });

  it("keeps recorders apart [MET-12]", async () => {
    const [one, two] = [createRecorder(CATALOG), createRecorder(CATALOG)];
    one.increment("app_restarts_total", {});
    expect(await valueOf(two, "app_restarts_total")).toBe(0);
  });

  it("refuses a metric that is not in the catalog [MET-12]", () => {
    const recorder = createRecorder(CATALOG);
    expect(() => recorder.increment("app_other_total" as "app_restarts_total", {})).toThrow(
      /app_other_total is not in the recorder's catalog/,
    );
  });
});

it("records without any I/O and without a single asynchronous step [QLT-5]", () => {
  const recorder = createRecorder(CATALOG);
  const asynchronous: string[] = [];
  const hook = createHook({ init: (_id, type) => asynchronous.push(type) });
  const touched = [
    vi.spyOn(fs, "writeSync"),
    vi.spyOn(fs, "readSync"),
    vi.spyOn(fs, "openSync"),
    vi.spyOn(net.Socket.prototype, "connect"),
    vi.spyOn(process.stdout, "write"),
    vi.spyOn(process.stderr, "write"),
  ];
  hook.enable();
  for (let i = 0; i < 1000; i++) {
    recorder.increment("app_requests_total", { decision: "allow", server: `s${i}` });
    recorder.observe("app_latency_seconds", { action: `a${i}` }, i / 500, TRACE);
    recorder.set("app_connections", {}, i);
    recorder.adjust("app_pool_size", { state: "idle" }, 1);
  }
  hook.disable();
  expect(asynchronous).toEqual([]);
  for (const spy of touched) {
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  }
});

it("folds the labels of a metric that has reached its own bound of series [MET-12]", async () => {
  const catalog = defineCatalog({
    test_calls_total: {
      type: "counter",
      help: "Calls.",
      unit: "1",
      labels: { tool: bounded(100), server: bounded(100) },
      maxSeries: 3,
    },
  });
  const recorder = createRecorder(catalog);
  for (let call = 0; call < 10; call += 1) {
    recorder.increment("test_calls_total", { tool: `tool-${call}`, server: `server-${call}` });
  }
  const series = (await recorder.series()).filter(({ name }) => name === "test_calls_total");
  expect(series.length).toBeLessThanOrEqual(4);
  expect(series.find(({ labels }) => labels["tool"] === "other")?.value).toBeGreaterThan(0);
  expect(series.reduce((sum, { value }) => sum + value, 0)).toBe(10);
});
