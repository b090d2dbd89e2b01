import { createRequire } from "node:module";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { bounded, createRecorder, defineCatalog, oneOf } from "@sark/observability/metrics";
import { inTurn } from "../in-turn.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median } from "../statistics.ts";

const PER_ROUND = 50_000;
const SERIES = 10_000;
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const outcome = oneOf("ok", "tool_error", "timeout");

const catalog = defineCatalog({
  bench_calls_total: {
    type: "counter",
    help: "Calls.",
    unit: "1",
    labels: { server: bounded(50), tool: bounded(200), outcome },
  },
  bench_call_seconds: {
    type: "histogram",
    help: "Time of calls.",
    unit: "seconds",
    labels: { server: bounded(50), tool: bounded(200), outcome },
    buckets: BUCKETS,
  },
});

const wide = defineCatalog({
  bench_series_total: { type: "counter", help: "Series.", unit: "1", labels: { id: bounded(SERIES) } },
});

interface Client {
  Counter: new (config: object) => { inc(labels: object, by?: number): void };
  Histogram: new (config: object) => { observe(labels: object, value: number): void };
}

/** The very client that the library uses. */
function bareClient(): Client {
  return createRequire(import.meta.resolve("@sark/observability/metrics"))("@prometheus-io/client") as Client;
}

/** What an event costs to record, against the bare client; and how long a scrape of 10,000 series keeps others waiting. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const { Counter, Histogram } = bareClient();
  const labelNames = ["server", "tool", "outcome"];
  const help = "Calls.";
  const counter = new Counter({ name: "bare_calls_total", help, labelNames, registers: [] });
  const histogram = new Histogram({
    name: "bare_call_seconds",
    help,
    labelNames,
    buckets: BUCKETS,
    registers: [],
  });
  const recorder = createRecorder(catalog);
  const labels = { server: "files", tool: "read_file", outcome: "ok" } as const;
  const costs = await inTurn(
    {
      bare_counter: () => counter.inc(labels),
      counter: () => recorder.increment("bench_calls_total", labels),
      bare_histogram: () => histogram.observe(labels, 0.012),
      histogram: () => recorder.observe("bench_call_seconds", labels, 0.012),
    },
    { perRound: PER_ROUND, rounds: options.long ? 40 : 12, progress: options.progress },
  );
  const scrape = await scrapes(options.long ? 60 : 20);
  const ratio = (costs.counter + costs.histogram) / (costs.bare_counter + costs.bare_histogram);
  return {
    name: "metrics",
    ratio,
    lowerIsBetter: true,
    aim: "a counter and a histogram ≤ 0.5 times the bare client, though labels are bounded; a scrape of 10,000 series holds up the event loop for ≤ 50 ms",
    met: ratio <= 0.5 && scrape.stalledMs <= 50,
    figures: {
      ...Object.fromEntries(Object.entries(costs).map(([name, ns]) => [`${name}_ns`, ns])),
      scrape_ms: scrape.ms,
      scrape_longest_stall_ms: scrape.stalledMs,
      scrape_bytes: scrape.bytes,
    },
  };
}

async function scrapes(count: number): Promise<{ ms: number; stalledMs: number; bytes: number }> {
  const recorder = createRecorder(wide);
  for (let id = 0; id < SERIES; id += 1) {
    recorder.increment("bench_series_total", { id: `series-${id}` });
  }
  const times: number[] = [];
  const stalls: number[] = [];
  let bytes = 0;
  for (let at = 0; at < count; at += 1) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await new Promise((resolve) => setTimeout(resolve, 20));
    delay.reset();
    const began = process.threadCpuUsage();
    bytes = (await recorder.expose(at % 2 === 0 ? undefined : "application/openmetrics-text")).body.length;
    const { user, system } = process.threadCpuUsage(began);
    times.push((user + system) / 1_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    stalls.push(delay.max / 1e6);
    delay.disable();
  }
  return { ms: median(times), stalledMs: median(stalls), bytes };
}
