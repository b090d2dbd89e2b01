import type { Json } from "../domain/json.ts";

/**
 * JSON text with the keys of every object in order, so that equal values have equal texts and different
 * ones different texts. Throws `RangeError` for a value nested too deep for the stack.
 */
export function canonicalJson(value: Json): string {
  // A number too large for JavaScript (1e400) is `Infinity` when parsed, which JSON would write as `null`.
  if (typeof value === "number") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as Json)}`);
  return `{${members.join()}}`;
}
