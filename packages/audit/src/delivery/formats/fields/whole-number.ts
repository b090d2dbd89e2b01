/** A number that fits into a 64-bit integer, whatever a record says. */
export function wholeNumber(value: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.round(value));
}
