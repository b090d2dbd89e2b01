import type { MetricDefinition } from "./catalog.ts";
import type { LabelDefinition } from "./labels.ts";

/** Values of a label that a graph can still show apart. */
const FEW = 12;

/**
 * Queries in PromQL with which one begins to look at a metric: what follows from its type and labels, and those that its
 * definition has. The same metric gives the same queries.
 */
export function exampleQueries(name: string, metric: MetricDefinition): string[] {
  const labels = Object.entries(metric.labels ?? {});
  const [apart] = labels.find(([, label]) => isShort(label)) ?? [];
  const [many] = labels.find(([, label]) => !isShort(label)) ?? [];
  return [...ofType(name, metric, apart, many), ...(metric.queries ?? [])];
}

function ofType(name: string, metric: MetricDefinition, apart?: string, many?: string): string[] {
  switch (metric.type) {
    case "counter":
      return [
        `sum${by(apart)}(rate(${name}[5m]))`,
        ...(many === undefined ? [] : [`topk(10, sum by (${many}) (increase(${name}[1h])))`]),
      ];
    case "histogram": {
      const quantile = (...labels: readonly string[]) =>
        `histogram_quantile(0.95, sum by (${["le", ...labels].join(", ")}) (rate(${name}_bucket[5m])))`;
      const label = apart ?? many;
      return [
        quantile(...(label === undefined ? [] : [label])),
        `sum(rate(${name}_sum[5m])) / sum(rate(${name}_count[5m]))`,
      ];
    }
    case "gauge": {
      const label = apart ?? many;
      return [`${overReplicas(name, metric)}${by(label)}(${name})`];
    }
  }
}

/** What replicas say together: the worst of what is up, and of times and parts; of counts the sum. */
function overReplicas(name: string, { unit }: MetricDefinition): "min" | "max" | "sum" {
  if (name.endsWith("_up")) {
    return "min";
  }
  return unit === "1" || unit === "bytes" || unit === "usd" ? "sum" : "max";
}

function by(label: string | undefined): string {
  return label === undefined ? "" : ` by (${label}) `;
}

function isShort(label: LabelDefinition): boolean {
  return label.kind === "oneOf" && label.values.length <= FEW;
}
