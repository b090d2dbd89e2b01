import { beyondDoubles, formatDecimal, JsonNumberError, type Decimal } from "./decimal.ts";
import { eachSuspect } from "./suspect-numbers.ts";

/** Characters of a number that no double holds. */
export const MAX_NUMBER_CHARACTERS = 1_000;
/** And its size: from 1e-1000 to below 1e1000. PostgreSQL's `jsonb` and OPA hold all of these. */
export const MAX_NUMBER_EXPONENT = 1_000;

/**
 * - `bounded`: a number that no double holds and that is longer or larger than the limits is refused. For all that is
 *   to be decided or recorded.
 * - `any`: only exponents of more than 15 digits are refused. For what is passed on, and for what was checked before.
 */
export type NumberBounds = "bounded" | "any";

/**
 * `JSON.parse` that loses no digit: a number that no double holds becomes a `RawNumber` with its canonical digits, all
 * others are doubles. A key `__proto__` is a member like any other. Throws a `SyntaxError`, or a `JsonNumberError`.
 *
 * Text without a number of 16 characters or an exponent of three digits costs one look over what is outside of strings in addition to the parsing.
 */
export function parseJson(text: string, bounds: NumberBounds = "bounded"): unknown {
  const value: unknown = JSON.parse(text);
  return losesDigits(text) ? withRawNumbers(text, bounds) : value;
}

/** Whether some number is no double. Floats as languages print them are. */
function losesDigits(text: string): boolean {
  let loses = false;
  eachSuspect(text, (start, end) => {
    loses = !isDouble(text.slice(start, end));
    return !loses;
  });
  return loses;
}

function isDouble(literal: string): boolean {
  return String(Number(literal)) === literal || beyondDoubles(literal) === null;
}

/**
 * Stands in a string of its own for a number while the text is parsed; no caller can know it. Made when it is first needed:
 * to load what makes it takes a command line a fifth of its time.
 */
let placeholder: string | undefined;

/** The text is valid JSON. A reviver would take ten times as long as this. */
function withRawNumbers(text: string, bounds: NumberBounds): unknown {
  placeholder ??= `number-${crypto.randomUUID()}-`;
  const mark = placeholder;
  const numbers: unknown[] = [];
  const parts: string[] = [];
  let copied = 0;
  eachSuspect(text, (start, end) => {
    const literal = text.slice(start, end);
    const decimal = beyondDoubles(literal);
    if (decimal !== null) {
      checkBounds(literal, decimal, bounds);
      parts.push(text.slice(copied, start), `"${mark}${numbers.length}"`);
      copied = end;
      numbers.push(JSON.rawJSON(formatDecimal(decimal)));
    }
    return true;
  });
  parts.push(text.slice(copied));
  return fillIn(JSON.parse(parts.join("")), numbers, mark);
}

function checkBounds(literal: string, { point }: Decimal, bounds: NumberBounds): void {
  if (bounds === "any") {
    return;
  }
  const shown = literal.length <= 24 ? literal : `${literal.slice(0, 24)}…`;
  if (literal.length > MAX_NUMBER_CHARACTERS) {
    const problem = `the number ${shown} has ${literal.length} characters, more than ${MAX_NUMBER_CHARACTERS}`;
    throw new JsonNumberError(problem);
  }
  if (Math.abs(point) > MAX_NUMBER_EXPONENT) {
    const limits = `1e-${MAX_NUMBER_EXPONENT} and 1e${MAX_NUMBER_EXPONENT}`;
    throw new JsonNumberError(`the number ${shown} is not between ${limits}`);
  }
}

/** Puts the numbers into their places. Iterative: how deep a text is nested is for others to bound. */
function fillIn(root: unknown, numbers: readonly unknown[], mark: string): unknown {
  if (typeof root === "string") {
    return numberFor(root, numbers, mark);
  }
  const open: object[] = isContainer(root) ? [root] : [];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const members = node as Record<string, unknown>;
    for (const key of Object.keys(node)) {
      const child = members[key];
      // Each key is the node's own, so that assigning replaces the member even where it is `__proto__`.
      if (typeof child === "string") {
        if (child.startsWith(mark)) {
          members[key] = numberFor(child, numbers, mark);
        }
      } else if (isContainer(child)) {
        open.push(child);
      }
    }
  }
  return root;
}

function numberFor(text: string, numbers: readonly unknown[], mark: string): unknown {
  return text.startsWith(mark) ? numbers[Number(text.slice(mark.length))] : text;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
