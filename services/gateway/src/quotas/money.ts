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

/** The most that one call can cost: a result that says more is not believed. */
export const MAX_COST = 1_000_000n * ONE;
/** More zeros make any number of units cost too much. */
const MAX_SHIFT = 36;
const NUMBER = /^(\d{1,18})(?:\.(\d{1,18}))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Price of so many units, given in the digits of a JSON number, rounded up to a billionth; `null` for what is no number of units. */
export function costOf(units: string, price: bigint): bigint | null {
  const [, whole, fraction = "", exponent = "0"] = NUMBER.exec(units) ?? [];
  if (whole === undefined) {
    return null;
  }
  const digits = BigInt(whole + fraction);
  const shift = Number(exponent) - fraction.length;
  if (digits === 0n || price === 0n) {
    return 0n;
  }
  if (shift > MAX_SHIFT) {
    return null;
  }
  const product = digits * price;
  const divisor = shift < 0 ? 10n ** BigInt(-shift) : 1n;
  const cost = shift < 0 ? (product + divisor - 1n) / divisor : product * 10n ** BigInt(shift);
  return cost > MAX_COST ? null : cost;
}
