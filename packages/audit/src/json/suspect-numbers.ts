import { closingQuote } from "./closing-quote.ts";

const [QUOTE, PLUS, MINUS, POINT, ZERO, NINE, LOWER_E] = [0x22, 0x2b, 0x2d, 0x2e, 0x30, 0x39, 0x65] as const;

/** A double holds every decimal of 15 digits between 1e-99 and 1e99: only longer or larger ones can lose something. */
const SAFE_LENGTH = 15;
/** Characters of an exponent with its letter: `e99`. */
const SAFE_EXPONENT = 3;

/**
 * Shows `visit` where each number of a JSON text stands that a double may not hold, until it returns false. What stands
 * in strings is passed over in leaps. The text must be valid.
 */
export function eachSuspect(text: string, visit: (start: number, end: number) => boolean): void {
  const { length } = text;
  for (let index = 0; index < length;) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      index = closingQuote(text, index) + 1;
    } else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      const start = index;
      let exponent = length;
      for (index += 1; index < length; index += 1) {
        const next = text.charCodeAt(index);
        if ((next | 0x20) === LOWER_E) {
          exponent = index;
        } else if (next !== POINT && next !== PLUS && next !== MINUS && (next < ZERO || next > NINE)) {
          break;
        }
      }
      const isSafe = index - start <= SAFE_LENGTH && index - exponent <= SAFE_EXPONENT;
      if (!isSafe && !visit(start, index)) {
        return;
      }
    } else {
      index += 1;
    }
  }
}
