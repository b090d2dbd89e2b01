import { REDACTED } from "./secret-names.ts";

/** What stands between the groups of a card number, alone. */
const SEPARATOR = String.raw`(?:[ .+_\u00a0\u2007\u2009\u202f\u2010-\u2015\u2212-]|%20)`;
/** The fewest digits of a number, however they are grouped; asked first, since nearly no text has them. */
const ENOUGH_DIGITS = new RegExp(String.raw`\d{3}(?:${SEPARATOR}?\d){9}`);
/** Digits in groups of three or more. Reads on only: the first digit of a run begins it. */
const RUN = new RegExp(String.raw`(?<!\d)\d{3,}(?:${SEPARATOR}\d{3,})*`, "g");
const GROUP = new RegExp(String.raw`(\d+)(${SEPARATOR}?)`, "g");
const MIN_DIGITS = 13;
const MAX_DIGITS = 19;

/**
 * First digits of the cards in use, with the lengths that their numbers have (ISO/IEC 7812): without them, one number of
 * ten would look like one. Milliseconds and microseconds since the epoch begin with 1 and are none.
 */
const ISSUERS: readonly (readonly [first: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^3(?:0[0-5]|095|[689])/, [14, 16, 19]],
  [/^(?:6011|64[4-9]|65|60|81|82|508|35(?:2[89]|[3-8])|62|220[0-4])/, [16, 17, 18, 19]],
  [/^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, [13, 14, 15, 16, 17, 18, 19]],
];

/** Replaces numbers of payment cards in plain text, with the separators that people and programs put into them. */
export function hideCardNumbers(text: string): string {
  return text.length < MIN_DIGITS || !ENOUGH_DIGITS.test(text)
    ? text
    : text.replace(RUN, (run, at: number) => (isHexadecimal(text, at, at + run.length) ? run : hideIn(run)));
}

/** Whether a number alone is one of a card. */
export function isCardNumber(digits: string): boolean {
  return (
    ISSUERS.some(([first, lengths]) => lengths.includes(digits.length) && first.test(digits)) &&
    hasCheckDigit(digits)
  );
}

/** Of a run of groups, as `4111 1111 1111 1111 123`, those that are a number together. */
function hideIn(run: string): string {
  const groups = Array.from(run.matchAll(GROUP), ([whole, digits = "", separator = ""]) => {
    return { whole, digits, separator };
  });
  let shown = "";
  for (let from = 0; from < groups.length;) {
    const to = endOfNumber(groups, from);
    if (to === null) {
      shown += groups[from]?.whole ?? "";
      from += 1;
    } else {
      shown += REDACTED + (groups[to - 1]?.separator ?? "");
      from = to;
    }
  }
  return shown;
}

/** Where the number ends that begins with this group; `null` where none does. */
function endOfNumber(groups: readonly { readonly digits: string }[], from: number): number | null {
  let digits = "";
  for (let at = from; at < groups.length; at += 1) {
    digits += groups[at]?.digits ?? "";
    if (digits.length > MAX_DIGITS) {
      return null;
    }
    if (digits.length >= MIN_DIGITS && isCardNumber(digits)) {
      return at + 1;
    }
  }
  return null;
}

/** ISO/IEC 7812-1, annex B (Luhn): the sum of the digits, each second one from the right doubled, ends in 0. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place]);
    const doubled = digit * 2;
    sum += place % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Digests and ids of traces and events have long runs of digits: part of a word of hexadecimal digits, or of a UUID. */
function isHexadecimal(text: string, from: number, to: number): boolean {
  const before = /[0-9a-f-]{0,40}$/i.exec(text.slice(Math.max(0, from - 40), from))?.[0] ?? "";
  const after = /^[0-9a-f-]{0,40}/i.exec(text.slice(to, to + 40))?.[0] ?? "";
  const word = before + text.slice(from, to) + after;
  const edges = (text[from - before.length - 1] ?? " ") + (text[to + after.length] ?? " ");
  return (
    !/[a-z0-9]/i.test(edges) &&
    (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(word) ||
      (/^(?:[0-9a-f]{2}){8,}$/i.test(word) && /[a-f]/i.test(word)))
  );
}
