const [ZERO, NINE, POINT, PLUS, MINUS, LOWER_E, UPPER_E] = [
  0x30, 0x39, 0x2e, 0x2b, 0x2d, 0x65, 0x45,
] as const;

/** A double holds every decimal of 15 digits between 1e-99 and 1e99: only longer ones can lose something. */
const SAFE_LENGTH = 15;
/** Digits of an exponent, and the least run of digits in a number of 16: each third character is looked at. */
const LEAST_RUN = 3;

/**
 * Where the next number begins that a double may not hold: one of 16 characters or with an exponent of three digits.
 * It may stand within a string. -1 when there is none.
 */
export function nextSuspect(text: string, from: number): number {
  const { length } = text;
  for (let index = from + LEAST_RUN - 1; index < length; index += LEAST_RUN) {
    if (!isDigit(text.charCodeAt(index))) continue;
    let end = index + 1;
    while (end < length && isDigitOrPoint(text.charCodeAt(end))) end += 1;
    let start = index;
    while (start > from && isDigitOrPoint(text.charCodeAt(start - 1))) start -= 1;
    if (end - start >= LEAST_RUN) {
      const mantissa = mantissaBefore(text, start, from);
      if (mantissa >= 0) start = mantissa;
      if ((mantissa >= 0 || end - start > SAFE_LENGTH) && beginsNumber(text, start)) {
        return text.charCodeAt(start - 1) === MINUS ? start - 1 : start;
      }
    }
    index = end;
  }
  return -1;
}

/** Where the number begins whose exponent's digits begin at `exponent`; -1 where they are no exponent. */
function mantissaBefore(text: string, exponent: number, from: number): number {
  let at = exponent - 1;
  const sign = text.charCodeAt(at);
  if (sign === PLUS || sign === MINUS) at -= 1;
  const letter = text.charCodeAt(at);
  if ((letter !== LOWER_E && letter !== UPPER_E) || !isDigit(text.charCodeAt(at - 1))) return -1;
  while (at > from && isDigitOrPoint(text.charCodeAt(at - 1))) at -= 1;
  return at;
}

/** Whether what stands before is what can stand before a value. */
function beginsNumber(text: string, start: number): boolean {
  const before = start - (text.charCodeAt(start - 1) === MINUS ? 2 : 1);
  return before < 0 || BEFORE_A_VALUE.has(text.charCodeAt(before));
}

/** White space, comma, colon and the opening bracket. */
const BEFORE_A_VALUE = new Set([0x20, 0x09, 0x0a, 0x0d, 0x2c, 0x3a, 0x5b]);

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function isDigitOrPoint(code: number): boolean {
  return isDigit(code) || code === POINT;
}
