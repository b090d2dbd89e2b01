const SPARKS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/** One character a number, as high as its part of the largest; a space for none at all. */
export function sparkline(values: readonly number[]): string {
  const largest = Math.max(...values, 0);
  return values
    .map((value) =>
      value <= 0 || largest === 0
        ? " "
        : (SPARKS[Math.min(SPARKS.length - 1, Math.floor((value / largest) * SPARKS.length))] ?? " "),
    )
    .join("");
}

/** A bar of up to `width` characters, as long as a number's part of the largest. */
export function bar(value: number, largest: number, width: number): string {
  return largest <= 0 || value <= 0 ? "" : "█".repeat(Math.max(1, Math.round((value / largest) * width)));
}
