import { SourceError } from "../../http-source/source-error.ts";

/** Sums of a million such numbers, and what they are in thousandths, are numbers still, and print as ones. */
const LARGEST = 1e290;

/**
 * A number of a source, where figures can be made of it: of a larger one `Infinity` would be shown, which none has sent. Infinite
 * ones that are said to be so pass. Throws a `SourceError` that has the number as it was sent.
 */
export function usableNumber(value: number, text: string, source: string): number {
  if (Math.abs(value) < LARGEST || !/\d/.test(text)) {
    return value;
  }
  throw new SourceError(
    "unclear",
    `${source} has sent ${text}: no number of calls, time or cost is as large.`,
  );
}
