import type { Catalog, MetricDefinition, Unit } from "../metrics/catalog.ts";
import type { Series } from "../metrics/recorder-types.ts";

/** What a request says of the process that sends it. Times in nanoseconds since 1970, as text. */
export interface MetricsSource {
  readonly resource: Readonly<Record<string, string>>;
  readonly scope: { readonly name: string; readonly version: string };
  readonly startTime: string;
  readonly time: string;
}

/** UCUM, as OTLP wants it. */
const UNITS: Readonly<Record<Unit, string>> = {
  "1": "1",
  seconds: "s",
  bytes: "By",
  ratio: "1",
  usd: "{USD}",
  score: "1",
};
const CUMULATIVE = 2;

/**
 * The body of an OTLP/HTTP request in JSON: every series of the catalog as it stands, under the same names and labels.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function encodeMetrics(catalog: Catalog, series: readonly Series[], source: MetricsSource): string {
  const byName = Map.groupBy(series, ({ name }) => name);
  const metrics = Object.entries(catalog).flatMap(([name, definition]) => {
    const data = dataOf(name, definition, byName, source);
    return data === null
      ? []
      : [{ name, description: definition.help, unit: UNITS[definition.unit], ...data }];
  });
  return JSON.stringify({
    resourceMetrics: [
      {
        resource: { attributes: attributesOf(source.resource) },
        scopeMetrics: [{ scope: source.scope, metrics }],
      },
    ],
  });
}

type SeriesByName = ReadonlyMap<string, readonly Series[]>;

function dataOf(
  name: string,
  definition: MetricDefinition,
  byName: SeriesByName,
  { startTime, time }: MetricsSource,
): object | null {
  const times = { startTimeUnixNano: startTime, timeUnixNano: time };
  if (definition.type === "histogram") {
    const dataPoints = histogramPoints(name, definition.buckets, byName, times);
    return dataPoints.length === 0 ? null : { histogram: { aggregationTemporality: CUMULATIVE, dataPoints } };
  }
  const dataPoints = (byName.get(name) ?? []).map(({ labels, value }) => ({
    attributes: attributesOf(labels),
    ...times,
    asDouble: value,
  }));
  if (dataPoints.length === 0) {
    return null;
  }
  return definition.type === "gauge"
    ? { gauge: { dataPoints } }
    : { sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints } };
}

function histogramPoints(
  name: string,
  bounds: readonly number[],
  byName: SeriesByName,
  times: object,
): object[] {
  const sums = new Map((byName.get(`${name}_sum`) ?? []).map(({ labels, value }) => [keyOf(labels), value]));
  const cumulative = Map.groupBy(
    byName.get(`${name}_bucket`) ?? [],
    ({ labels: { le: _bound, ...labels } }) => keyOf(labels),
  );
  return (byName.get(`${name}_count`) ?? []).map(({ labels, value: count }) => {
    const key = keyOf(labels);
    const upTo = new Map((cumulative.get(key) ?? []).map(({ labels: { le }, value }) => [String(le), value]));
    const totals = [...bounds.map((bound) => upTo.get(String(bound)) ?? 0), count];
    return {
      attributes: attributesOf(labels),
      ...times,
      count: String(count),
      sum: sums.get(key) ?? 0,
      // Prometheus counts up to a bound, OTLP between two of them.
      bucketCounts: totals.map((total, at) => String(total - (totals[at - 1] ?? 0))),
      explicitBounds: bounds,
    };
  });
}

function keyOf(labels: Series["labels"]): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function attributesOf(labels: Series["labels"]): object[] {
  return Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: String(value) } }));
}
