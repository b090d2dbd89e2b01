/** The q-quantile (0…1) of unsorted samples; 0 for none. */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) {
    return 0;
  }
  const sorted = Float64Array.from(samples).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}
