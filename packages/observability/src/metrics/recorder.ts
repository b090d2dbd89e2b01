import type { Catalog, MetricDefinition } from "./catalog.ts";
import { createRegistries, registerMetric } from "./client-metric.ts";
import { addValue } from "./distribution.ts";
import { encodeFamilies, type FamilySource } from "./encode-families.ts";
import { negotiate, PROTOBUF_TYPE } from "./negotiate.ts";
import { RECORDER_CATALOG } from "./own-catalog.ts";
import type { Exemplar, Reading, Recorder, RecorderOptions } from "./recorder-types.ts";
import { createNames } from "./names.ts";
import { createSeriesIndex, type Cell, type RawLabels, type SeriesIndex } from "./series-index.ts";
import { listedCombinations } from "./zero-series.ts";

interface MetricState {
  readonly index: SeriesIndex;
  /** Bounds of a histogram's buckets. */
  readonly bounds: readonly number[];
  read: (() => unknown) | undefined;
  moved: boolean;
}

const isIncrement = (by: number): boolean => by >= 0 && by < Infinity;

/** Makes a recorder with registries of its own; several may live in one process. */
export function createRecorder<C extends Catalog>(catalog: C, options: RecorderOptions = {}): Recorder<C> {
  const { defaultLabels = {}, maxSeriesPerMetric = 10_000, nativeHistograms = false } = options;
  const registries = createRegistries(defaultLabels);
  const metrics = new Map<string, MetricState>();
  const families: FamilySource[] = [];
  const names = createNames();

  function state(name: string): MetricState {
    const found = metrics.get(name);
    if (found === undefined) {
      throw new TypeError(`metric ${name} is not in the recorder's catalog`);
    }
    return found;
  }
  function add(to: MetricState, cell: Cell, by: number): void {
    to.moved ||= by !== 0;
    cell.value += by;
  }
  function put(to: MetricState, cell: Cell, value: number): void {
    to.moved ||= value !== 0;
    cell.value = value;
  }
  function move(name: string, labels: RawLabels, by: number): void {
    const found = state(name);
    add(found, found.index.resolve(labels), by);
  }
  function refuse(metric: string): void {
    move("observability_recordings_refused_total", { metric }, 1);
  }

  for (const [name, definition] of Object.entries<MetricDefinition>({ ...catalog, ...RECORDER_CATALOG })) {
    const bounds = definition.type === "histogram" ? definition.buckets : null;
    const index = createSeriesIndex(
      definition.labels ?? {},
      definition.maxSeries ?? maxSeriesPerMetric,
      (label) => {
        move("observability_label_values_folded_total", { metric: name, label }, 1);
      },
      names.has,
      bounds === null ? null : { bounds, isNative: nativeHistograms },
    );
    for (const label of Object.values(definition.labels ?? {})) {
      if (label.kind === "introduced") {
        names.bound(label.group, label.max);
      }
    }
    for (const labels of listedCombinations(definition)) {
      index.resolve(labels);
    }
    const source = { cells: () => index.cells, refresh: () => readOnCollect(name) };
    families.push({ name, definition, source });
    registerMetric(registries, name, definition, source);
    metrics.set(name, { index, bounds: bounds ?? [], read: undefined, moved: false });
  }

  /** False when the metric has a reader and it failed, or does not know. */
  function readOnCollect(name: string): boolean {
    const { index, read } = state(name);
    if (read === undefined) {
      return true;
    }
    index.clear();
    try {
      const reading = read() as Reading<RawLabels> | number | null;
      const levels = typeof reading === "number" ? [{ labels: {}, value: reading }] : (reading ?? []);
      for (const { labels, value } of levels) {
        set(name, labels, value);
      }
      return reading !== null;
    } catch {
      refuse(name);
      return false;
    }
  }

  function set(name: string, labels: RawLabels, value: number): void {
    if (Number.isFinite(value)) {
      const found = state(name);
      put(found, found.index.resolve(labels), value);
    } else {
      refuse(name);
    }
  }

  const recorder = {
    increment(name: string, labels: RawLabels, by = 1) {
      if (isIncrement(by)) {
        move(name, labels, by);
      } else {
        refuse(name);
      }
    },
    observe(name: string, labels: RawLabels, value: number, exemplar?: Exemplar) {
      const found = state(name);
      if (!Number.isFinite(value)) {
        return refuse(name);
      }
      found.moved = true;
      const { distribution } = found.index.resolve(labels);
      if (distribution !== null) {
        addValue(distribution, found.bounds, value, exemplar);
      }
    },
    set,
    introduce: names.introduce,
    adjust(name: string, labels: RawLabels, delta: number) {
      if (Number.isFinite(delta)) {
        move(name, labels, delta);
      } else {
        refuse(name);
      }
    },
    bindCounter(name: string, labels: RawLabels) {
      const found = state(name);
      const cell = found.index.resolve(labels);
      return (by = 1): void => (isIncrement(by) ? add(found, cell, by) : refuse(name));
    },
    bindGauge(name: string, labels: RawLabels) {
      const found = state(name);
      const cell = found.index.resolve(labels);
      return {
        set: (value: number): void => (Number.isFinite(value) ? put(found, cell, value) : refuse(name)),
        adjust: (by: number): void => (Number.isFinite(by) ? add(found, cell, by) : refuse(name)),
      };
    },
    onCollect(name: string, read: () => unknown) {
      state(name).read = read;
    },
    async expose(accept?: string) {
      const format = negotiate(accept, nativeHistograms);
      if (format === "protobuf") {
        return { contentType: PROTOBUF_TYPE, body: await encodeFamilies(families, defaultLabels) };
      }
      const registry = format === "openmetrics" ? registries.openMetrics : registries.text;
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
    moved: () => [...metrics].flatMap(([name, { moved }]) => (moved ? [name] : [])),
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
