import { canonicalJson } from "../../json/canonical-json.ts";
import { parseJson } from "../../json/parse-json.ts";

/**
 * Whether the text of a `jsonb` column is what PostgreSQL made of a value's canonical JSON. To compare what both are
 * parsed to is not enough: `jsonb` keeps the zeros at a number's end.
 */
export function isStoredJson(text: string, recorded: unknown): boolean {
  if (!hasPlainNumbers(text)) {
    return false;
  }
  try {
    return canonicalJson(parseJson(text, "any")) === canonicalJson(recorded);
  } catch {
    // Altered to what no canonical JSON has, half a surrogate pair for one, or nested deeper than the stack takes.
    return false;
  }
}

/** `jsonb` gives no number an exponent and none a zero in front; a last zero behind the point it keeps. */
const ZERO_BEHIND_POINT = /\.\d*0(?!\d)/;
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?/g;

/** Whether all numbers in the text of a `jsonb` column are written as those of canonical JSON are by PostgreSQL. */
export function hasPlainNumbers(text: string): boolean {
  if (!ZERO_BEHIND_POINT.test(text)) {
    return true;
  }
  for (const [token] of text.matchAll(STRING_OR_NUMBER)) {
    if (!token.startsWith('"') && ZERO_BEHIND_POINT.test(token)) {
      return false;
    }
  }
  return true;
}
