import type { Catalog, MetricDefinition } from "./catalog.ts";
import type { LabelDefinition } from "./labels.ts";

/** Labels that Prometheus, its service discovery or histograms write themselves. */
const RESERVED_LABELS = new Set(["le", "quantile", "job", "instance", "exported_job", "exported_instance"]);
const METRIC_NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const LABEL_NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
/** Suffixes that exposition adds by itself to a histogram's name. */
const EXPOSITION_SUFFIX = /_(bucket|sum|count|created|info)$/;
/** Beyond this a metric's zero series alone would weigh on every scrape. */
const MAX_LISTED_COMBINATIONS = 1000;

/** What breaks the rules of naming and exposition, one sentence each; empty when the catalog is sound. */
export function catalogProblems(catalog: Catalog): string[] {
  return Object.entries(catalog).flatMap(([name, definition]) =>
    metricProblems(name, definition).map((problem) => `${name}: ${problem}`),
  );
}

function metricProblems(name: string, metric: MetricDefinition): string[] {
  const problems: string[] = [];
  if (!METRIC_NAME.test(name)) {
    problems.push("a name is lower-case words joined by single underscores");
  }
  if (EXPOSITION_SUFFIX.test(name)) {
    problems.push(`ends in a suffix that exposition adds itself; drop it`);
  }
  if (metric.help.trim() === "") {
    problems.push("needs help: one sentence on what it measures");
  }
  if ((metric.unit as string) === "") {
    problems.push("needs a unit; use 1 for a plain count");
  }
  if (metric.type === "counter" && !name.endsWith("_total")) {
    problems.push("a counter ends in _total");
  }
  if (metric.type === "histogram") {
    problems.push(...histogramProblems(name, metric.unit, metric.buckets));
  }
  const labels = Object.entries(metric.labels ?? {});
  problems.push(...labels.flatMap(([label, definition]) => labelProblems(label, definition)));
  const listed = labels.map(([, label]) => (label.kind === "oneOf" ? label.values.length : 1));
  const combinations = listed.reduce((product, size) => product * size, 1);
  if (combinations > MAX_LISTED_COMBINATIONS) {
    problems.push(`its listed label values make ${combinations} series; at most ${MAX_LISTED_COMBINATIONS}`);
  }
  return problems;
}

function histogramProblems(name: string, unit: string, buckets: readonly number[] | undefined): string[] {
  const problems: string[] = [];
  if (unit === "seconds" && !name.endsWith("_seconds")) {
    problems.push("a histogram of seconds ends in _seconds");
  }
  if (unit === "bytes" && !name.endsWith("_bytes")) {
    problems.push("a histogram of bytes ends in _bytes");
  }
  if (buckets === undefined || buckets.length === 0) {
    return [...problems, "a histogram needs buckets chosen for what is asked of it"];
  }
  const ascending = buckets.every(
    (bound, i) => Number.isFinite(bound) && bound > (buckets[i - 1] ?? -Infinity),
  );
  if (!ascending) {
    problems.push("buckets must be finite and ascending, without +Inf");
  }
  return problems;
}

function labelProblems(label: string, definition: LabelDefinition): string[] {
  const problems: string[] = [];
  if (!LABEL_NAME.test(label)) {
    problems.push(`label ${label}: lower-case words joined by single underscores`);
  }
  if (RESERVED_LABELS.has(label)) {
    problems.push(`label ${label} is reserved; choose another`);
  }
  if (definition.kind !== "oneOf") {
    if (!Number.isInteger(definition.max) || definition.max < 1) {
      problems.push(`label ${label}: ${definition.kind}() takes a whole number of at least 1`);
    }
  } else {
    if (definition.values.length === 0) {
      problems.push(`label ${label}: oneOf() needs at least one value`);
    }
    if (new Set(definition.values).size !== definition.values.length) {
      problems.push(`label ${label}: a value of oneOf() is listed twice`);
    }
    if (definition.values.some((value) => value.includes("|"))) {
      problems.push(
        `label ${label}: a value must not contain "|", which the client library joins values with`,
      );
    }
    if (definition.values.includes("")) {
      problems.push(`label ${label}: an empty value is recorded as none`);
    }
  }
  return problems;
}
