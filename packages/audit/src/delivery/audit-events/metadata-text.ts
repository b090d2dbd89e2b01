import { closingQuote } from "../../json/closing-quote.ts";

const QUOTE = 0x22;
const KEY = ',"metadata":{';

/** Where a record's `metadata` stand in its canonical text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the metadata without parsing what is around them. Before them, keys being sorted (RFC 8785), there are only plain
 * values, and within a string every quote is escaped: the first match is the record's own. `null` when there are none.
 * Throws a `SyntaxError` when they do not end.
 */
export function findMetadata(canonical: string): Span | null {
  const start = startOfMetadata(canonical);
  return start === -1 ? null : { start, end: endOfObject(canonical, start) };
}

/** Index of the brace that opens the metadata; -1 when there are none. */
export function startOfMetadata(canonical: string): number {
  const at = canonical.indexOf(KEY);
  return at === -1 ? -1 : at + KEY.length - 1;
}

function endOfObject(text: string, start: number): number {
  let levels = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = closingQuote(text, at);
      if (at === -1) {
        break;
      }
    } else if (code === 0x7b || code === 0x5b) {
      levels += 1;
    } else if (code === 0x7d || code === 0x5d) {
      levels -= 1;
      if (levels === 0) {
        return at + 1;
      }
    }
  }
  throw new SyntaxError("the record's metadata do not end");
}
