import { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import type { Catalog, LabelsOf, MetricDefinition, MetricName } from "./catalog.ts";
import { negotiate } from "./negotiate.ts";
import { RECORDER_CATALOG } from "./own-catalog.ts";
import { createSeriesIndex, type RawLabels, type SeriesIndex } from "./series-index.ts";
import { listedCombinations } from "./zero-series.ts";

/** Joins a histogram's bucket to the trace that filled it; shown in OpenMetrics only. */
export interface Exemplar {
  readonly traceId: string;
  readonly spanId: string;
}

/** A gauge's levels at scrape time: one number without labels, else one reading per series. */
export type GaugeReading<L> =
  L extends Readonly<Record<string, never>>
    ? number
    : readonly { readonly labels: L; readonly value: number }[];

// Unions of argument lists, rather than generic methods, let a recorder of a merged catalog
// be handed to a library that asks for a recorder of its own part.
type IncrementArguments<C extends Catalog> = {
  [N in MetricName<C, "counter">]: [name: N, labels: LabelsOf<C, N>, by?: number];
}[MetricName<C, "counter">];
type ObserveArguments<C extends Catalog> = {
  [N in MetricName<C, "histogram">]: [
    name: N,
    labels: LabelsOf<C, N>,
    value: number,
    exemplar?: Exemplar | undefined,
  ];
}[MetricName<C, "histogram">];
type GaugeArguments<C extends Catalog> = {
  [N in MetricName<C, "gauge">]: [name: N, labels: LabelsOf<C, N>, value: number];
}[MetricName<C, "gauge">];
type OnCollectArguments<C extends Catalog> = {
  [N in MetricName<C, "gauge">]: [name: N, read: () => GaugeReading<LabelsOf<C, N>>];
}[MetricName<C, "gauge">];

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * Records what the catalog lists, in memory only. No call throws on a bad value or label:
 * it is left out or folded into `other`, and counted.
 */
export interface Recorder<C extends Catalog> {
  /** Adds to a counter; 1 unless told. */
  increment(...args: IncrementArguments<C>): void;
  /** Puts a value, in the metric's unit, into a histogram. */
  observe(...args: ObserveArguments<C>): void;
  /** Sets a gauge. */
  set(...args: GaugeArguments<C>): void;
  /** Moves a gauge by a positive or negative amount. */
  adjust(...args: GaugeArguments<C>): void;
  /** Reads a gauge when it is scraped; a later reader of the same gauge replaces the earlier one. */
  onCollect(...args: OnCollectArguments<C>): void;
  /** The exposition for a scrape whose `Accept` header is given: OpenMetrics 1.0 if asked for, else text 0.0.4. */
  expose(accept?: string): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Every series with its value, as exposed; for tests. */
  series(): Promise<readonly Series[]>;
}

export interface RecorderOptions {
  /** Put on every series. */
  readonly defaultLabels?: Readonly<Record<string, string>>;
  /** Bound on the series of one metric; beyond it all its bounded labels become `other`. Default 10,000. */
  readonly maxSeriesPerMetric?: number;
}

interface MetricState {
  readonly definition: MetricDefinition;
  readonly index: SeriesIndex;
  readonly histogram: Histogram<string> | undefined;
  read: (() => unknown) | undefined;
}

/** Makes a recorder with registries of its own; several may live in one process. */
export function createRecorder<C extends Catalog>(catalog: C, options: RecorderOptions = {}): Recorder<C> {
  const { defaultLabels = {}, maxSeriesPerMetric = 10_000 } = options;
  const text = new Registry(Registry.PROMETHEUS_CONTENT_TYPE);
  const openMetrics = new Registry(Registry.OPENMETRICS_CONTENT_TYPE);
  text.setDefaultLabels(defaultLabels);
  openMetrics.setDefaultLabels(defaultLabels);
  const metrics = new Map<string, MetricState>();

  const refuse = (metric: string) =>
    state("observability_recordings_refused_total").index.resolve({ metric }).value++;
  const fold = (metric: string) => (label: string) => {
    state("observability_label_values_folded_total").index.resolve({ metric, label }).value++;
  };
  function state(name: string): MetricState {
    const found = metrics.get(name);
    if (found === undefined) throw new TypeError(`metric ${name} is not in the recorder's catalog`);
    return found;
  }

  for (const [name, definition] of Object.entries<MetricDefinition>({ ...catalog, ...RECORDER_CATALOG })) {
    const index = createSeriesIndex(definition.labels ?? {}, maxSeriesPerMetric, fold(name));
    for (const labels of listedCombinations(definition)) index.resolve(labels);
    metrics.set(name, { definition, index, histogram: register(name, definition), read: undefined });
  }

  function register(name: string, definition: MetricDefinition): Histogram<string> | undefined {
    const config = { name, help: definition.help, labelNames: Object.keys(definition.labels ?? {}) };
    if (definition.type === "histogram") {
      const buckets = [...definition.buckets];
      const histogram = new Histogram({
        ...config,
        buckets,
        enableExemplars: true,
        registers: [openMetrics],
      });
      text.registerMetric(histogram);
      return histogram;
    }
    // One client metric per format: the client renames counters for good when it writes OpenMetrics.
    for (const registry of [text, openMetrics]) {
      if (definition.type === "counter") {
        new Counter({
          ...config,
          registers: [registry],
          collect() {
            this.reset();
            for (const cell of state(name).index.cells) this.inc(cell.labels, cell.value);
          },
        });
      } else {
        new Gauge({
          ...config,
          registers: [registry],
          collect() {
            this.reset();
            readGauge(name);
            for (const cell of state(name).index.cells) this.set(cell.labels, cell.value);
          },
        });
      }
    }
    return undefined;
  }

  function readGauge(name: string): void {
    const { index, read } = state(name);
    if (read === undefined) return;
    index.clear();
    try {
      const reading = read() as GaugeReading<RawLabels> | number;
      const levels = typeof reading === "number" ? [{ labels: {}, value: reading }] : reading;
      for (const { labels, value } of levels) setGauge(name, labels, value);
    } catch {
      refuse(name);
    }
  }

  function setGauge(name: string, labels: RawLabels, value: number): void {
    if (Number.isFinite(value)) state(name).index.resolve(labels).value = value;
    else refuse(name);
  }

  const recorder = {
    increment(name: string, labels: RawLabels, by = 1) {
      if (by >= 0 && by < Infinity) state(name).index.resolve(labels).value += by;
      else refuse(name);
    },
    observe(name: string, labels: RawLabels, value: number, exemplar?: Exemplar) {
      const { histogram, index } = state(name);
      if (!Number.isFinite(value)) return void refuse(name);
      const cell = index.resolve(labels);
      if (exemplar === undefined) histogram?.observe({ labels: cell.labels, value });
      else {
        const exemplarLabels = { trace_id: exemplar.traceId, span_id: exemplar.spanId };
        histogram?.observe({ labels: cell.labels, value, exemplarLabels });
      }
    },
    set: setGauge,
    adjust(name: string, labels: RawLabels, delta: number) {
      if (Number.isFinite(delta)) state(name).index.resolve(labels).value += delta;
      else refuse(name);
    },
    onCollect(name: string, read: () => unknown) {
      state(name).read = read;
    },
    async expose(accept?: string) {
      const registry = negotiate(accept) === "openmetrics" ? openMetrics : text;
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
    async series() {
      const families = await text.getMetricsAsJSON();
      return families.flatMap((family) =>
        family.values.map((value: { labels: object; value: number; metricName?: string }) => ({
          name: value.metricName ?? family.name,
          labels: { ...value.labels },
          value: value.value,
        })),
      );
    },
  };
  return recorder as unknown as Recorder<C>;
}
