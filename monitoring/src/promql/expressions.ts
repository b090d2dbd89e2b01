/** By the labels named, or all in one. */
export function sum(expression: string, ...by: readonly string[]): string {
  return by.length === 0 ? `sum(${expression})` : `sum by (${by.join(", ")}) (${expression})`;
}

/** Per second, over what Grafana thinks is a window of enough samples. */
export function rate(selector: string): string {
  return `rate(${selector}[$__rate_interval])`;
}

/** Of a histogram's buckets. */
export function quantile(of: number, buckets: string, ...by: readonly string[]): string {
  return `histogram_quantile(${of}, ${sum(rate(buckets), "le", ...by)})`;
}

/** A part of the whole; without any traffic no number, which panels show as that. */
export function share(part: string, whole: string): string {
  return `${part} / ${whole}`;
}

/** Of a histogram: its sum over its count, per second. */
export function mean(sums: string, counts: string, ...by: readonly string[]): string {
  return share(sum(rate(sums), ...by), sum(rate(counts), ...by));
}

/**
 * What a counter grew by. `increase` alone misses the first count of a series, as what it grows from was never
 * scraped: of the first and only denial of a user it makes 0. A series that is younger than the window counts whole.
 */
export function counted(selector: string, window: "1h" | "24h", ...by: readonly string[]): string {
  const older = `increase(${selector}[${window}]) and ${selector} offset ${window}`;
  return sum(`(${older}) or (${selector} unless ${selector} offset ${window})`, ...by);
}
