import type { Catalog, LabelsOf, MetricName } from "./catalog.ts";

/** Joins a histogram's bucket to the trace that filled it; shown in OpenMetrics only. */
export interface Exemplar {
  readonly traceId: string;
  readonly spanId: string;
}

/** All series at one time: a text, or the bytes of messages. */
export interface Exposition {
  readonly contentType: string;
  readonly body: string | Buffer;
}

/** What is read at scrape time: one number without labels, `null` while it is not known, else one reading per series. */
export type Reading<L> =
  L extends Readonly<Record<string, never>>
    ? number | null
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
type BindCounterArguments<C extends Catalog> = {
  [N in MetricName<C, "counter">]: [name: N, labels: LabelsOf<C, N>];
}[MetricName<C, "counter">];
type BindGaugeArguments<C extends Catalog> = {
  [N in MetricName<C, "gauge">]: [name: N, labels: LabelsOf<C, N>];
}[MetricName<C, "gauge">];
type OnCollectArguments<C extends Catalog> = {
  [N in MetricName<C, "counter" | "gauge">]: [name: N, read: () => Reading<LabelsOf<C, N>>];
}[MetricName<C, "counter" | "gauge">];

/** One series of a metric with its value, in the metric's unit. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** One series of a gauge, found already. */
export interface BoundGauge {
  set(value: number): void;
  adjust(by: number): void;
}

/**
 * Records what the catalog lists, in memory only. No call throws on a bad value or label:
 * it is left out or folded into `other`, and counted.
 */
export interface Recorder<C extends Catalog> {
  // Properties, not methods: a recorder of a smaller catalog must not pass for one of a larger.
  /** Adds to a counter; 1 unless told. */
  readonly increment: (...args: IncrementArguments<C>) => void;
  /** Puts a value, in the metric's unit, into a histogram. */
  readonly observe: (...args: ObserveArguments<C>) => void;
  /** Sets a gauge. */
  readonly set: (...args: GaugeArguments<C>) => void;
  /** Moves a gauge by a positive or negative amount. */
  readonly adjust: (...args: GaugeArguments<C>) => void;
  /**
   * `increment` of one series, found once: for what counts at each request, where the search takes most of the time. Not for a
   * metric with a reader (`onCollect`).
   */
  readonly bindCounter: (...args: BindCounterArguments<C>) => (by?: number) => void;
  /** The same for `set` and `adjust`. */
  readonly bindGauge: (...args: BindGaugeArguments<C>) => BoundGauge;
  /**
   * Makes a name known to the labels of a group. False where there is no room for it; what came under the name before
   * was counted as `other`.
   */
  readonly introduce: (group: string, name: string) => boolean;
  /**
   * Reads a gauge, or the total of a counter that something else keeps, when it is scraped; a later reader of the same
   * metric replaces the earlier one.
   */
  readonly onCollect: (...args: OnCollectArguments<C>) => void;
  /**
   * The exposition for a scrape whose `Accept` header is given: OpenMetrics 1.0 if asked for, else text 0.0.4; with
   * `nativeHistograms` the protocol's messages, if asked for.
   */
  expose(accept?: string): Promise<Exposition>;
  /** Every series with its value, as exposed; for tests. */
  series(): Promise<readonly Series[]>;
  /** Names of the metrics that have been recorded, otherwise than with 0; for tests. */
  moved(): readonly string[];
}

/** Labels of every series, and the bound on how many series a metric may have. */
export interface RecorderOptions {
  /** Put on every series. */
  readonly defaultLabels?: Readonly<Record<string, string>>;
  /** Bound on the series of one metric; beyond it all its bounded labels become `other`. Default 10,000. */
  readonly maxSeriesPerMetric?: number;
  /**
   * Keeps the buckets of native histograms, too, and shows them to a Prometheus that asks for them. It takes the native ones
   * alone then, unless its job says `scrape_classic_histograms` (since 3.0 `always_scrape_classic_histograms`). Default: no.
   */
  readonly nativeHistograms?: boolean;
}
