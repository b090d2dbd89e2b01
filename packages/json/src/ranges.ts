import { closingQuote } from "@sark/audit/json";

/** Where a value stands in JSON text: `[start, end)`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A member of an object: its key, decoded, and where key and value stand. */
export interface MemberRange extends Range {
  readonly key: string;
  readonly keyStart: number;
}

/** The members of the object whose `{` stands at `open`. The text must be valid JSON. */
export function memberRanges(text: string, open: number): readonly MemberRange[] {
  const members: MemberRange[] = [];
  let index = skipBlank(text, open + 1);
  while (text[index] !== "}") {
    const keyStart = index;
    const keyEnd = closingQuote(text, keyStart) + 1;
    const start = skipBlank(text, skipBlank(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    members.push({ key: decodeKey(text.slice(keyStart, keyEnd)), keyStart, start, end });
    index = afterComma(text, end);
  }
  return members;
}

/** The elements of the array whose `[` stands at `open`. The text must be valid JSON. */
export function elementRanges(text: string, open: number): readonly Range[] {
  const elements: Range[] = [];
  let index = skipBlank(text, open + 1);
  while (text[index] !== "]") {
    const end = valueEnd(text, index);
    elements.push({ start: index, end });
    index = afterComma(text, end);
  }
  return elements;
}

/** Index of the first character that is not white space. */
export function skipBlank(text: string, from: number): number {
  let index = from;
  while (isBlank(text.charCodeAt(index))) {
    index += 1;
  }
  return index;
}

/** Index after the last character that is not white space. */
export function contentEnd(text: string): number {
  let end = text.length;
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) {
    end -= 1;
  }
  return end;
}

/** Index after the value that begins at `start`. The text must be valid JSON. */
export function valueEnd(text: string, start: number): number {
  const first = text[start];
  if (first === '"') {
    return closingQuote(text, start) + 1;
  }
  if (first === "{" || first === "[") {
    return containerEnd(text, start);
  }
  let index = start;
  while (index < text.length && !ENDS_SCALAR.has(text.charCodeAt(index))) {
    index += 1;
  }
  return index;
}

function containerEnd(text: string, start: number): number {
  let depth = 0;
  for (let index = start; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case 0x22:
        index = closingQuote(text, index);
        break;
      case 0x5b:
      case 0x7b:
        depth += 1;
        break;
      case 0x5d:
      case 0x7d:
        depth -= 1;
        if (depth === 0) {
          return index + 1;
        }
        break;
      default:
    }
  }
  return text.length;
}

/** White space, `,`, `]` and `}`. */
const ENDS_SCALAR = new Set([0x20, 0x09, 0x0a, 0x0d, 0x2c, 0x5d, 0x7d]);

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function afterComma(text: string, from: number): number {
  const index = skipBlank(text, from);
  return text[index] === "," ? skipBlank(text, index + 1) : index;
}

function decodeKey(quoted: string): string {
  return quoted.includes("\\") ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
}
