import { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import type { MetricDefinition } from "./catalog.ts";
import type { Cell } from "./series-index.ts";

export interface Registries {
  /** Text format 0.0.4. */
  readonly text: Registry;
  /** OpenMetrics 1.0, with exemplars. */
  readonly openMetrics: Registry;
}

/** Registries of their own, so that several recorders in one process never mix. */
export function createRegistries(defaultLabels: Readonly<Record<string, string>>): Registries {
  const text = new Registry(Registry.PROMETHEUS_CONTENT_TYPE);
  const openMetrics = new Registry(Registry.OPENMETRICS_CONTENT_TYPE);
  text.setDefaultLabels(defaultLabels);
  openMetrics.setDefaultLabels(defaultLabels);
  return { text, openMetrics };
}

/** What the client library is to show of a counter or gauge; asked at every scrape. */
export interface Source {
  cells(): readonly Cell[];
  /** Brings what is read at the scrape up to date; false when that failed. */
  refresh(): boolean;
}

/**
 * Registers a metric for both formats. Counters and gauges are filled from `source` at scrape time:
 * one client metric per format, because the client renames counters for good when it writes OpenMetrics.
 * A histogram is one client metric in both; it is returned, to be observed directly.
 */
export function registerMetric(
  registries: Registries,
  name: string,
  definition: MetricDefinition,
  source: Source,
): Histogram<string> | undefined {
  const labelNames = Object.keys(definition.labels ?? {});
  const config: Config = { name, help: definition.help, labelNames, registers: [] };
  if (definition.type === "histogram") {
    const histogram = new Histogram({ ...config, buckets: [...definition.buckets], enableExemplars: true });
    registries.text.registerMetric(histogram);
    registries.openMetrics.registerMetric(histogram);
    return histogram;
  }
  const make = () => (definition.type === "counter" ? counter(config, source) : gauge(config, source));
  registries.text.registerMetric(make());
  registries.openMetrics.registerMetric(make());
  return undefined;
}

interface Config {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  /** None: the client would otherwise take its global registry. */
  readonly registers: [];
}

function counter(config: Config, source: Source): Counter<string> {
  return new Counter<string>({
    ...config,
    collect() {
      this.reset();
      if (!source.refresh() && config.labelNames.length === 0) {
        this.remove();
      }
      for (const cell of source.cells()) {
        this.inc(cell.labels, cell.value);
      }
    },
  });
}

function gauge(config: Config, source: Source): Gauge<string> {
  return new Gauge<string>({
    ...config,
    collect() {
      this.reset();
      // After a reset the client shows 0 for a gauge without labels: unread is not 0.
      if (!source.refresh() && config.labelNames.length === 0) {
        this.remove();
      }
      for (const cell of source.cells()) {
        this.set(cell.labels, cell.value);
      }
    },
  });
}
