import { catalogProblems } from "./catalog-problems.ts";
import type { Catalog, MetricDefinition } from "./catalog.ts";

/** Series that one metric may come to before a scrape is felt; 200,000 stall the event loop for half a second. */
const LARGE = 20_000;

/** Faults and bad habits of a catalog, one sentence each; for a test that expects none. */
export function lintCatalog(catalog: Catalog): string[] {
  const habits = Object.entries(catalog).flatMap(([name, definition]) =>
    metricHabits(name, definition).map((habit) => `${name}: ${habit}`),
  );
  return [...catalogProblems(catalog), ...habits];
}

function metricHabits(name: string, metric: MetricDefinition): string[] {
  const habits: string[] = [];
  if (!/^[A-Z`].*\.$/s.test(metric.help)) {
    habits.push("help is a sentence: capital letter, full stop");
  }
  if (metric.type !== "counter" && name.endsWith("_total")) {
    habits.push("_total is for counters");
  }
  if (/_(milliseconds|ms|minutes|kilobytes|kb|mb|percent)(_|$)/.test(name)) {
    habits.push("use base units: seconds, bytes, ratio");
  }
  if (metric.type !== "histogram" && (metric.unit === "seconds" || metric.unit === "bytes")) {
    const stem = name.replace(/_total$/, "");
    if (!stem.endsWith(`_${metric.unit}`) && !/timestamp/.test(stem)) {
      habits.push(`names its unit: _${metric.unit}`);
    }
  }
  const combinations = Object.values(metric.labels ?? {}).reduce(
    (product, label) => product * (label.kind === "oneOf" ? label.values.length : label.max),
    1,
  );
  const lines = metric.type === "histogram" ? metric.buckets.length + 3 : 1;
  const series = Math.min(combinations, metric.maxSeries ?? Infinity) * lines;
  if (series > LARGE) {
    habits.push(`may come to ${series} series; lower the bounds, drop a label or set maxSeries`);
  }
  return habits;
}
