import { literal } from "./field-hint.ts";

/**
 * What lines are searched for. `candidates` finds, in bytes read as Latin-1, every place where a line can match but for
 * lines with `\u` escapes; `matches` decides on a whole line.
 */
export interface TextQuery {
  readonly candidates: RegExp;
  matches(line: string): boolean;
}

const ESCAPE = "\\u";

/**
 * Lines that have a text, in a value or as JSON is written. A query without capitals means either case of A to Z, as
 * operators know it from other tools; other letters are taken as they are.
 */
export function createTextQuery(text: string): TextQuery {
  const anyCase = !/[A-Z]/.test(text);
  const forms = [...new Set([text, JSON.stringify(text).slice(1, -1)])];
  const decoded = new RegExp(forms.map((form) => pattern(form, anyCase)).join("|"));
  const bytes = forms.map((form) => pattern(Buffer.from(form).toString("latin1"), anyCase));
  return {
    candidates: new RegExp(bytes.join("|"), "g"),
    matches: (line) => decoded.test(line) || (line.includes(ESCAPE) && decoded.test(withoutEscapes(line))),
  };
}

/** Whether a text of lines has some that only decoding tells. */
export function hasEscapes(text: string): boolean {
  return text.includes(ESCAPE);
}

function pattern(text: string, anyCase: boolean): string {
  const exact = literal(text);
  return anyCase ? exact.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`) : exact;
}

/** A line with those characters in clear that JSON allows in clear. */
function withoutEscapes(line: string): string {
  try {
    return JSON.stringify(JSON.parse(line));
  } catch {
    return line;
  }
}
