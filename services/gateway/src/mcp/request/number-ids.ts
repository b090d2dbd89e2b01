import { findMember, type Range } from "@sark/json";
import { Rejection } from "../errors/rejection.ts";

/** Where ids and progress tokens stand. */
const PLACES = [
  ["id"],
  ["params", "requestId"],
  ["params", "progressToken"],
  ["params", "_meta", "progressToken"],
] as const;

/** A number with a fraction or an exponent, or minus zero: without one there is nothing to look for. */
const MAYBE_ODD = /[:\s]-?(?:\d+[.eE]|0(?!\d))/;
const NUMBER = /^[-\d]/;
const PLAIN = /^(?:0|-?[1-9]\d{0,15})$/;

/**
 * An id that is a number must be written as a whole number: `1.0` and `1e0` are the id 1 to one reader, another id to
 * the next and no id to a third, and one beyond 2^53 is rounded by some. Throws a `Rejection`.
 */
export function refuseOddNumberIds(text: string, ranges: () => readonly Range[]): void {
  if (!MAYBE_ODD.test(text)) {
    return;
  }
  for (const message of ranges()) {
    for (const path of PLACES) {
      const literal = textAt(text, message, path);
      if (literal === null || !NUMBER.test(literal) || PLAIN.test(literal)) {
        continue;
      }
      const where = path.join(".");
      throw new Rejection(
        "invalid_id",
        `${where} must be text or a whole number, written without a fraction.`,
      );
    }
  }
}

function textAt(text: string, message: Range, path: readonly string[]): string | null {
  let range: Range | null = message;
  for (const name of path) {
    range = range !== null && text[range.start] === "{" ? findMember(text, range, name) : null;
  }
  return range === null ? null : text.slice(range.start, range.end);
}
