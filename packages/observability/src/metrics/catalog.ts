import type { LabelDefinition, LabelValue } from "./labels.ts";
import { catalogProblems } from "./catalog-problems.ts";

/** What a number counts: `1` is a plain count or a yes/no gauge, `ratio` goes from 0 to 1. */
export type Unit = "1" | "seconds" | "bytes" | "ratio" | "usd" | "score";

interface MetricBase {
  /** One sentence, as it stands in `# HELP` and in the reference page. */
  readonly help: string;
  /** What someone who runs the service wants to know when they look at it; for the reference page. */
  readonly question?: string;
  /** Queries that respond to it, in PromQL, beside those that follow from type and labels. */
  readonly queries?: readonly string[];
  readonly unit: Unit;
  readonly labels?: Readonly<Record<string, LabelDefinition>>;
  /** Bound on the series of all labels together, where it is less than their product; beyond it labels become `other`. */
  readonly maxSeries?: number;
}
interface CounterDefinition extends MetricBase {
  readonly type: "counter";
}
interface GaugeDefinition extends MetricBase {
  readonly type: "gauge";
}
interface HistogramDefinition extends MetricBase {
  readonly type: "histogram";
  /** Upper bounds, ascending, without `+Inf`. */
  readonly buckets: readonly number[];
  /** Why these: what they are to tell apart. */
  readonly bucketsBecause?: string;
}
/** One metric of a catalog: its type, its help text, its unit and its labels. */
export type MetricDefinition = CounterDefinition | GaugeDefinition | HistogramDefinition;

type Documented<D extends MetricDefinition> = D & { readonly question: string };
/**
 * A catalog that says of each metric which question it is for, and of each histogram why it has its buckets: what the
 * reference page asks of a service. `satisfies DocumentedCatalog` finds the metric that does not.
 */
export type DocumentedCatalog = Readonly<
  Record<
    string,
    | Documented<CounterDefinition>
    | Documented<GaugeDefinition>
    | (Documented<HistogramDefinition> & { readonly bucketsBecause: string })
  >
>;

/** Every metric of a service or library, by name. The one place from which code, docs and rules derive. */
export type Catalog = Readonly<Record<string, MetricDefinition>>;

/** Names of the catalog's metrics of one type. */
export type MetricName<C extends Catalog, T extends MetricDefinition["type"] = MetricDefinition["type"]> = {
  [N in keyof C]: C[N]["type"] extends T ? N : never;
}[keyof C] &
  string;

/** The labels that a recording of metric `N` must bring, each of them. */
export type LabelsOf<C extends Catalog, N extends keyof C> = C[N] extends {
  readonly labels: infer L extends Readonly<Record<string, LabelDefinition>>;
}
  ? keyof L extends never
    ? NoLabels
    : { readonly [K in keyof L]: LabelValue<L[K]> }
  : NoLabels;
type NoLabels = Readonly<Record<string, never>>;

/** A catalog that breaks the rules of metric naming; `problems` names each metric and its remedy. */
export class CatalogError extends Error {
  override readonly name = "CatalogError";
  readonly code = "invalid_catalog";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`invalid metric catalog:\n- ${problems.join("\n- ")}`);
    this.problems = problems;
  }
}

/** Checks and freezes a catalog. Throws `CatalogError` naming every fault found. */
export function defineCatalog<const C extends Catalog>(definitions: C): C {
  const problems = catalogProblems(definitions);
  if (problems.length > 0) {
    throw new CatalogError(problems);
  }
  for (const definition of Object.values(definitions)) {
    Object.freeze(definition.labels);
    if (definition.type === "histogram") {
      Object.freeze(definition.buckets);
    }
    Object.freeze(definition);
  }
  return Object.freeze(definitions);
}

type Intersection<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never;
type Merged<T extends readonly Catalog[]> = {
  [K in keyof Intersection<T[number]>]: Intersection<T[number]>[K];
};

/** Joins catalogs of several libraries into one. Throws `CatalogError` when a name stands in two of them. */
export function mergeCatalogs<const T extends readonly Catalog[]>(...catalogs: T): Merged<T> {
  const merged: Record<string, MetricDefinition> = {};
  const problems: string[] = [];
  for (const [name, definition] of catalogs.flatMap((catalog) => Object.entries(catalog))) {
    if (Object.hasOwn(merged, name)) {
      problems.push(`${name}: defined twice; keep one definition and share it`);
    }
    merged[name] = definition;
  }
  if (problems.length > 0) {
    throw new CatalogError(problems);
  }
  return Object.freeze(merged) as Merged<T>;
}
