import type { Histogram } from "@prometheus-io/client";
import type { Catalog, MetricDefinition } from "./catalog.ts";
import { createRegistries, registerMetric } from "./client-metric.ts";
import { negotiate } from "./negotiate.ts";
import { RECORDER_CATALOG } from "./own-catalog.ts";
import type { Exemplar, GaugeReading, Recorder, RecorderOptions } from "./recorder-types.ts";
import { createNames } from "./names.ts";
import { createSeriesIndex, type RawLabels, type SeriesIndex } from "./series-index.ts";
import { listedCombinations } from "./zero-series.ts";

interface MetricState {
  readonly index: SeriesIndex;
  readonly histogram: Histogram<string> | undefined;
  read: (() => unknown) | undefined;
}

/** Makes a recorder with registries of its own; several may live in one process. */
export function createRecorder<C extends Catalog>(catalog: C, options: RecorderOptions = {}): Recorder<C> {
  const { defaultLabels = {}, maxSeriesPerMetric = 10_000 } = options;
  const registries = createRegistries(defaultLabels);
  const metrics = new Map<string, MetricState>();
  const names = createNames();

  function state(name: string): MetricState {
    const found = metrics.get(name);
    if (found === undefined) {
      throw new TypeError(`metric ${name} is not in the recorder's catalog`);
    }
    return found;
  }
  function refuse(metric: string): void {
    state("observability_recordings_refused_total").index.resolve({ metric }).value++;
  }

  for (const [name, definition] of Object.entries<MetricDefinition>({ ...catalog, ...RECORDER_CATALOG })) {
    const index = createSeriesIndex(
      definition.labels ?? {},
      definition.maxSeries ?? maxSeriesPerMetric,
      (label) => {
        state("observability_label_values_folded_total").index.resolve({ metric: name, label }).value++;
      },
      names.has,
    );
    for (const label of Object.values(definition.labels ?? {})) {
      if (label.kind === "introduced") {
        names.bound(label.group, label.max);
      }
    }
    for (const labels of listedCombinations(definition)) {
      index.resolve(labels);
    }
    const source = { cells: () => index.cells, refresh: () => readGauge(name) };
    const histogram = registerMetric(registries, name, definition, source);
    metrics.set(name, { index, histogram, read: undefined });
  }

  /** False when the gauge has a reader and it failed. */
  function readGauge(name: string): boolean {
    const { index, read } = state(name);
    if (read === undefined) {
      return true;
    }
    index.clear();
    try {
      const reading = read() as GaugeReading<RawLabels> | number;
      const levels = typeof reading === "number" ? [{ labels: {}, value: reading }] : reading;
      for (const { labels, value } of levels) {
        set(name, labels, value);
      }
    } catch {
      refuse(name);
      return false;
    }
    return true;
  }

  function set(name: string, labels: RawLabels, value: number): void {
    if (Number.isFinite(value)) {
      state(name).index.resolve(labels).value = value;
    } else {
      refuse(name);
    }
  }

  const recorder = {
    increment(name: string, labels: RawLabels, by = 1) {
      if (by >= 0 && by < Infinity) {
        state(name).index.resolve(labels).value += by;
      } else {
        refuse(name);
      }
    },
    observe(name: string, labels: RawLabels, value: number, exemplar?: Exemplar) {
      const { histogram, index } = state(name);
      if (!Number.isFinite(value)) {
        return refuse(name);
      }
      const cell = index.resolve(labels);
      // The client throws on an exemplar of more than 128 characters; ids of another length are no ids.
      if (exemplar?.traceId.length !== 32 || exemplar.spanId.length !== 16) {
        histogram?.observe({ labels: cell.labels, value });
      } else {
        const exemplarLabels = { trace_id: exemplar.traceId, span_id: exemplar.spanId };
        histogram?.observe({ labels: cell.labels, value, exemplarLabels });
      }
    },
    set,
    introduce: names.introduce,
    adjust(name: string, labels: RawLabels, delta: number) {
      if (Number.isFinite(delta)) {
        state(name).index.resolve(labels).value += delta;
      } else {
        refuse(name);
      }
    },
    onCollect(name: string, read: () => unknown) {
      state(name).read = read;
    },
    async expose(accept?: string) {
      const registry = negotiate(accept) === "openmetrics" ? registries.openMetrics : registries.text;
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
    async series() {
      const families = await registries.text.getMetricsAsJSON();
      return families.flatMap((family) =>
        family.values.map((value: { labels: object; value: number; metricName?: string }) => ({
          name: value.metricName ?? family.name,
          labels: { ...value.labels },
          value: value.value,
        })),
      );
    },
  };
  return recorder;
}
