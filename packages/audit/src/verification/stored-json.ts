import canonicalize from "canonicalize";

/**
 * Whether the text of a `jsonb` column is what PostgreSQL made of a value's canonical JSON. To compare what both are
 * parsed to is not enough: `jsonb` keeps decimals of any length, of which several are one and the same double.
 */
export function isStoredJson(text: string, recorded: unknown): boolean {
  if (!hasPlainNumbers(text)) return false;
  try {
    // It is not recursive: whoever can write a row can nest it as deep as no stack goes.
    return canonicalize(JSON.parse(text)) === canonicalize(recorded);
  } catch {
    // Canonical bytes that were altered to what no canonical JSON has: half a surrogate pair, or 1e999.
    return false;
  }
}

/** Decimals that may not be the shortest ones of their double: more digits than those have for certain, or a last zero. */
const ODD_NUMBER = /\d[\d.]{15}|\.\d*0[,}\]]/;
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?/g;

/** Whether all numbers in the text of a `jsonb` column are written as those of canonical JSON are by PostgreSQL. */
export function hasPlainNumbers(text: string): boolean {
  if (!ODD_NUMBER.test(text)) return true;
  for (const [token] of text.matchAll(STRING_OR_NUMBER)) {
    if (!token.startsWith('"') && toDecimal(Number(token)) !== token) return false;
  }
  return true;
}

/** The shortest decimal of a double, without an exponent, as `numeric` is written. */
function toDecimal(value: number): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits.padEnd(point, "0");
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
