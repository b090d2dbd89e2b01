import { Counter, Gauge, Registry, type Histogram } from "@prometheus-io/client";
import type { MetricDefinition } from "./catalog.ts";
import type { BucketExemplar } from "./distribution.ts";
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

/** What the client library is to show of a metric; asked at every scrape. */
export interface Source {
  cells(): readonly Cell[];
  /** Brings what is read at the scrape up to date; false when that failed. */
  refresh(): boolean;
}

/**
 * Registers a metric for both formats, filled from `source` at scrape time: counters and gauges as one client metric per
 * format, because the client renames counters for good when it writes OpenMetrics; a histogram as one in both.
 */
export function registerMetric(
  registries: Registries,
  name: string,
  definition: MetricDefinition,
  source: Source,
): void {
  const labelNames = Object.keys(definition.labels ?? {});
  const config: Config = { name, help: definition.help, labelNames, registers: [] };
  if (definition.type === "histogram") {
    const histogram = shownHistogram(name, definition, source);
    registries.text.registerMetric(histogram);
    registries.openMetrics.registerMetric(histogram);
    return;
  }
  const make = () => (definition.type === "counter" ? counter(config, source) : gauge(config, source));
  registries.text.registerMetric(make());
  registries.openMetrics.registerMetric(make());
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

/** One line of a histogram, as the client's registries write it: `le` beside the labels of the series. */
interface ShownValue {
  readonly labels: { readonly le?: number | "+Inf" };
  readonly sharedLabels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly metricName: string;
  readonly exemplar?: BucketExemplar | undefined;
}

/**
 * What a registry asks of a histogram. The client's own joins and hashes the label values at each observation, which took
 * most of what metrics cost a request; here the series that was found already holds the values.
 */
function shownHistogram(
  name: string,
  { help, buckets }: Extract<MetricDefinition, { readonly type: "histogram" }>,
  source: Source,
): Histogram<string> {
  const values = (): ShownValue[] => source.cells().flatMap((cell) => linesOf(name, buckets, cell));
  const metric = {
    name,
    help,
    type: "histogram",
    aggregator: "sum",
    getForPromString: async () => ({ name, help, type: "histogram", aggregator: "sum", values: values() }),
    get: async () => ({
      name,
      help,
      type: "histogram",
      aggregator: "sum",
      values: values().map(({ labels, sharedLabels, ...value }) => ({
        ...value,
        labels: { ...sharedLabels, ...labels },
      })),
    }),
    reset: () => undefined,
  };
  return metric as unknown as Histogram<string>;
}

function linesOf(name: string, bounds: readonly number[], { labels, distribution }: Cell): ShownValue[] {
  if (distribution === null) {
    return [];
  }
  const { counts, exemplars, sum, count } = distribution;
  let cumulative = 0;
  const shown = (metricName: string, value: number): ShownValue => ({
    labels: {},
    sharedLabels: labels,
    value,
    metricName,
  });
  return [
    ...[...bounds, "+Inf" as const].map((le, bucket): ShownValue => {
      cumulative += counts[bucket] ?? 0;
      return {
        labels: { le },
        sharedLabels: labels,
        value: cumulative,
        metricName: `${name}_bucket`,
        exemplar: exemplars[bucket],
      };
    }),
    shown(`${name}_sum`, sum),
    shown(`${name}_count`, count),
  ];
}
