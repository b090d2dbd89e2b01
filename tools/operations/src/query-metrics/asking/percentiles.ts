const MOST = 10;

/** `50,95,99.9` in ascending order. Throws `RangeError` for any other text. */
export function parsePercentiles(text: string): readonly number[] {
  const parts = text.split(",").map((part) => part.trim());
  const numbers = parts.map((part) => (/^\d{1,2}(?:\.\d{1,3})?$/.test(part) ? Number(part) : Number.NaN));
  if (numbers.length > MOST || !numbers.every((one) => one > 0)) {
    throw new RangeError(`"${text}" is no list of up to ten numbers above 0 and below 100, such as 50,95,99`);
  }
  return [...new Set(numbers)].toSorted((a, b) => a - b);
}
