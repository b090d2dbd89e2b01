/** Amounts are whole billionths of the currency: sums of them are exact, and a token may cost less than a millionth. */
const DECIMALS = 9;
export const ONE = 10n ** BigInt(DECIMALS);

/** At most a billion, to the billionth: sums stay within 64 bits. */
export const AMOUNT = /^(0|[1-9]\d{0,8})(?:\.(\d{1,9}))?$/;

/** Billionths of an amount such as `0.0025`. Throws `RangeError` for any other text. */
export function parseAmount(text: string): bigint {
  const [, whole, fraction = ""] = AMOUNT.exec(text) ?? [];
  if (whole === undefined) {
    throw new RangeError("must be an amount such as 0.0025, with at most nine decimals");
  }
  return BigInt(whole) * ONE + BigInt(fraction.padEnd(DECIMALS, "0"));
}

/** Without zeros at its end: `2.5`, `-0.000001`. */
export function formatAmount(billionths: bigint): string {
  const sign = billionths < 0n ? "-" : "";
  const digits = String(billionths < 0n ? -billionths : billionths).padStart(DECIMALS + 1, "0");
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, "");
  return `${sign}${digits.slice(0, -DECIMALS)}${fraction === "" ? "" : `.${fraction}`}`;
}

/** The most that the units of one call can cost. */
export const MAX_COST = 1_000_000n * ONE;
/** Numbers with more digits before their point cost too much, and smaller ones than this count as the smallest. */
const MAX_MAGNITUDE = 36;
/** More are not looked at: what they say is rounded up. */
const MAX_DIGITS = 60;
const NUMBER = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * Price of so many units, given in the digits of a JSON number, rounded up to a billionth. `too_many`: it is a number, and
 * more than one call can cost; `unreadable`: it is no number of units.
 */
export function costOf(units: string, price: bigint, max = MAX_COST): bigint | "unreadable" | "too_many" {
  const [, whole, fraction = "", exponent = "0"] = NUMBER.exec(units) ?? [];
  if (whole === undefined) {
    return "unreadable";
  }
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "" || price === 0n) {
    return 0n;
  }
  const magnitude = digits.length - fraction.length + Number(exponent);
  if (magnitude > MAX_MAGNITUDE) {
    return "too_many";
  }
  if (magnitude < -MAX_MAGNITUDE) {
    return 1n;
  }
  const cut = /[1-9]/.test(digits.slice(MAX_DIGITS));
  const counted = BigInt(digits.slice(0, MAX_DIGITS)) + (cut ? 1n : 0n);
  const shift = magnitude - Math.min(digits.length, MAX_DIGITS);
  const product = counted * price;
  const divisor = shift < 0 ? 10n ** BigInt(-shift) : 1n;
  const cost = shift < 0 ? (product + divisor - 1n) / divisor : product * 10n ** BigInt(shift);
  return cost > max ? "too_many" : cost;
}
