import type { OneOfLabel } from "@sark/observability/metrics";
import type { Metrics } from "../catalog/metrics.ts";
import type { Job } from "../catalog/sources.ts";

type Definition<N extends keyof Metrics> = Metrics[N] extends { readonly labels: infer L } ? L : object;
type Suffix = "bucket" | "sum" | "count";
type Histogram = {
  [N in keyof Metrics]: Metrics[N]["type"] extends "histogram" ? N : never;
}[keyof Metrics];
/** As a query names it: histograms by their three families. */
export type SeriesName = Exclude<keyof Metrics, Histogram> | `${Histogram}_${Suffix}`;
type MetricOf<N extends SeriesName> = N extends keyof Metrics
  ? N
  : N extends `${infer H extends Histogram}_${Suffix}`
    ? H
    : never;
type ValueOf<L> = L extends OneOfLabel<infer V> ? V : string;

/**
 * One value, several, several that it is not, or a pattern. A text that begins with `$` is a variable of a dashboard.
 * The check of the whole query asks of a pattern that a value that can come fits it.
 */
type Match<V> =
  | V
  | readonly V[]
  | { readonly not: readonly V[] }
  | { readonly pattern: string }
  | `$${string}`;
type Matchers<N extends SeriesName> = {
  readonly [K in keyof Definition<MetricOf<N>>]?: Match<ValueOf<Definition<MetricOf<N>>[K]>>;
} & { readonly job?: Match<Job>; readonly instance?: Match<string>; readonly le?: string };

/** A selector of one family. A name, label or listed value that no catalog has is an error of types. */
export function series<N extends SeriesName>(name: N, matchers: Matchers<N> = {}): string {
  const parts = Object.entries(matchers as Record<string, Match<string>>).map(
    ([label, match]) => `${label}${operatorAndValue(match)}`,
  );
  return parts.length === 0 ? name : `${name}{${parts.join(", ")}}`;
}

function operatorAndValue(match: Match<string>): string {
  if (typeof match === "string") {
    return match.startsWith("$") ? `=~${JSON.stringify(match)}` : `=${JSON.stringify(match)}`;
  }
  if ("pattern" in match) {
    return `=~${JSON.stringify(match.pattern)}`;
  }
  return "not" in match ? `!~${alternatives(match.not)}` : `=~${alternatives(match)}`;
}

function alternatives(values: readonly string[]): string {
  return JSON.stringify(
    values.map((value) => value.replaceAll(/[.+*?()[\]{}|^$\\]/g, String.raw`\$&`)).join("|"),
  );
}
