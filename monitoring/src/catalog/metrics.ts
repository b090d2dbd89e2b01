import { bounded, oneOf, type LabelDefinition, type MetricDefinition } from "@sark/observability/metrics";
import { JOBS, OF_ALERTS, OF_TARGETS, SOURCES } from "./sources.ts";

/** Every metric that a query may name: of the services, of exporters, and what Prometheus writes. */
export const METRICS = {
  ...SOURCES["sark-gateway"],
  ...SOURCES["sark-metrics"],
  ...SOURCES.node,
  ...SOURCES.postgres,
  ...SOURCES.redis,
  ...SOURCES.blackbox,
  ...SOURCES["kube-state-metrics"],
  ...SOURCES.cadvisor,
  ...SOURCES.prometheus,
  ...SOURCES.alertmanager,
  ...OF_TARGETS,
  ...OF_ALERTS,
} as const;
export type Metrics = typeof METRICS;

/** One series family as a query names it: its metric's type, and what its labels can be. */
export interface Family {
  readonly cumulative: boolean;
  readonly labels: Readonly<Record<string, LabelDefinition>>;
}

/** The family of this name, or undefined: a histogram has three, and none of its own name. */
export function familyOf(name: string): Family | undefined {
  const own = definitionOf(name);
  if (own !== undefined && own.type !== "histogram") {
    return { cumulative: own.type === "counter", labels: { ...own.labels, ...targetLabelsOf(name) } };
  }
  const [, base = "", suffix = ""] = /^(.*)_(bucket|sum|count)$/.exec(name) ?? [];
  const histogram = definitionOf(base);
  if (histogram?.type !== "histogram") {
    return undefined;
  }
  const le = suffix === "bucket" ? { le: oneOf(...histogram.buckets.map(String), "+Inf") } : {};
  return { cumulative: true, labels: { ...histogram.labels, ...targetLabelsOf(base), ...le } };
}

function definitionOf(name: string): MetricDefinition | undefined {
  return Object.hasOwn(METRICS, name) ? METRICS[name as keyof Metrics] : undefined;
}

/** Labels that Prometheus adds to what it scrapes; the job is one of those that expose the metric. */
function targetLabelsOf(name: string): Readonly<Record<string, LabelDefinition>> {
  if (Object.hasOwn(OF_ALERTS, name)) {
    return {};
  }
  const jobs = Object.hasOwn(OF_TARGETS, name)
    ? JOBS
    : JOBS.filter((job) => Object.hasOwn(SOURCES[job], name));
  return { job: oneOf(...jobs), instance: bounded(1000) };
}
