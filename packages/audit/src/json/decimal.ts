/** ±0.DIGITS × 10^point, without zeros at either end; zero has no digits. */
export interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly point: number;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** A number is beyond what is read. */
export class JsonNumberError extends RangeError {
  override readonly name = "JsonNumberError";
}

/**
 * The exact value of a JSON number, in linear time. Throws a `SyntaxError` for what is no number, and a
 * `JsonNumberError` where its exponent has more than 15 digits.
 */
export function parseDecimal(literal: string): Decimal {
  const parts = NUMBER.exec(literal);
  if (parts === null) {
    throw new SyntaxError("not a JSON number");
  }
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
  const all = whole + fraction;
  let first = 0;
  while (all.charCodeAt(first) === ZERO) {
    first += 1;
  }
  let end = all.length;
  while (end > first && all.charCodeAt(end - 1) === ZERO) {
    end -= 1;
  }
  const digits = all.slice(first, end);
  if (digits === "") {
    return { negative: false, digits, point: 0 };
  }
  const point = whole.length - first + Number(exponent);
  if (!Number.isSafeInteger(point)) {
    throw new JsonNumberError("a number has too large an exponent");
  }
  return { negative: sign === "-", digits, point };
}

const ZERO = 0x30;

/**
 * The exact value of a number that no double holds; `null` where the shortest decimal of the double nearest to it is
 * the same value, so that the double loses nothing.
 */
export function beyondDoubles(literal: string): Decimal | null {
  const text = String(Number(literal));
  if (text === literal) {
    return null;
  }
  const decimal = parseDecimal(literal);
  if (!NUMBER.test(text)) {
    return decimal;
  }
  const { negative, digits, point } = parseDecimal(text);
  const same = digits === decimal.digits && point === decimal.point && negative === decimal.negative;
  return same ? null : decimal;
}

/** So many zeros may be added to write a number without an exponent, as RFC 8785 does up to 1e21. */
const MAX_PADDING = 21;

/** Its one text: all digits, and an exponent only where that spares many zeros. */
export function formatDecimal({ negative, digits, point }: Decimal): string {
  if (digits === "") {
    return "0";
  }
  const sign = negative ? "-" : "";
  const { length } = digits;
  if (point >= length && point - length <= MAX_PADDING) {
    return sign + digits.padEnd(point, "0");
  }
  if (point > 0 && point < length) {
    return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  }
  if (point > -6 && point <= 0) {
    return `${sign}0.${"0".repeat(-point)}${digits}`;
  }
  const exponent = point - 1;
  const fraction = length === 1 ? "" : `.${digits.slice(1)}`;
  return `${sign}${digits.slice(0, 1)}${fraction}e${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
}

/**
 * The canonical text of a JSON number: RFC 8785's where a double holds the value; where none does, all its digits by
 * the same rules. Equal values have equal texts, whatever they were written as.
 */
export function canonicalNumber(literal: string): string {
  const decimal = beyondDoubles(literal);
  return decimal === null ? JSON.stringify(Number(literal)) : formatDecimal(decimal);
}
