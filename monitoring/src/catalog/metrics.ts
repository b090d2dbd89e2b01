import { catalog } from "@sark/gateway/metrics";
import { bounded, oneOf, type LabelDefinition, type MetricDefinition } from "@sark/observability/metrics";

/** What Prometheus itself writes about its targets and its alerts. */
const PROMETHEUS = {
  up: { type: "gauge", help: "Whether the last scrape of a target succeeded.", unit: "1" },
  ALERTS: {
    type: "gauge",
    help: "Alerts that are pending or firing.",
    unit: "1",
    labels: {
      alertname: bounded(1000),
      alertstate: oneOf("pending", "firing"),
      severity: oneOf("critical", "warning", "info"),
      component: bounded(50),
      team: bounded(50),
    },
  },
} as const satisfies Record<string, MetricDefinition>;

/** Every metric that a query may name; the services' catalogs, and what Prometheus writes. */
export const METRICS = { ...catalog, ...PROMETHEUS } as const;
export type Metrics = typeof METRICS;

/** Labels that each scraped series has from its target. The job of the gateway is always called this. */
export const TARGET_LABELS: Readonly<Record<string, LabelDefinition>> = {
  job: oneOf("sark-gateway"),
  instance: bounded(1000),
};

/** One series family as a query names it: its metric's type, and what its labels can be. */
export interface Family {
  readonly cumulative: boolean;
  readonly labels: Readonly<Record<string, LabelDefinition>>;
}

/** The family of this name, or undefined: a histogram has three, and none of its own name. */
export function familyOf(name: string): Family | undefined {
  const own = definitionOf(name);
  if (own !== undefined && own.type !== "histogram") {
    return { cumulative: own.type === "counter", labels: { ...own.labels, ...TARGET_LABELS } };
  }
  const [, base = "", suffix = ""] = /^(.*)_(bucket|sum|count)$/.exec(name) ?? [];
  const histogram = definitionOf(base);
  if (histogram?.type !== "histogram") {
    return undefined;
  }
  const le = suffix === "bucket" ? { le: oneOf(...histogram.buckets.map(String), "+Inf") } : {};
  return { cumulative: true, labels: { ...histogram.labels, ...TARGET_LABELS, ...le } };
}

function definitionOf(name: string): MetricDefinition | undefined {
  return Object.hasOwn(METRICS, name) ? METRICS[name as keyof Metrics] : undefined;
}
