import { elementRanges, measureJson, memberRanges, skipBlank } from "@sark/json";
import { BatchRefused } from "./batch-refused.ts";

/** Values in a body of JSON: to cut them apart takes some tenths of a second, in which nothing else is done. */
const MAX_VALUES = 100_000;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The lines of NDJSON, without those that are empty. Throws `BatchRefused` where they are more than `maxItems`. */
export function linesOf(bytes: Buffer, maxItems: number): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let start = endOfBlank(bytes, 0); start < bytes.length;) {
    if (lines.length >= maxItems) {
      throw tooMany(maxItems);
    }
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    lines.push(bytes.subarray(start, end));
    start = endOfBlank(bytes, end);
  }
  return lines;
}

/** Empty lines are passed over byte by byte: a body may be nothing else, and to cut eight million of them out held all callers up. */
function endOfBlank(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === NEWLINE || bytes[at] === CARRIAGE_RETURN) {
    at += 1;
  }
  return at;
}

/**
 * The events of `{"items": [...]}`, each as its bytes: what is wrong with the text of one is found when that one is read, as of a line.
 * Throws `BatchRefused`.
 */
export function elementsOf(bytes: Buffer, maxItems: number): readonly Buffer[] {
  // A character for each byte. All that holds JSON together is ASCII, and no byte of another character is.
  const text = bytes.toString("latin1");
  if (measureJson(text).values > MAX_VALUES) {
    throw new BatchRefused("payload_too_large", `body: more than ${MAX_VALUES} JSON values`);
  }
  checkJson(text);
  const open = skipBlank(text, 0);
  const [items, ...others] = text[open] === "{" ? memberRanges(text, open) : [];
  if (items?.key !== "items" || text[items.start] !== "[" || others.length > 0) {
    throw new BatchRefused("invalid_request", "items: a list of events is required, and nothing else");
  }
  const elements = elementRanges(text, items.start);
  if (elements.length > maxItems) {
    throw tooMany(maxItems);
  }
  return elements.map(({ start, end }) => bytes.subarray(start, end));
}

function checkJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new BatchRefused("invalid_request", "body: not valid JSON");
  }
}

function tooMany(maxItems: number): BatchRefused {
  return new BatchRefused("payload_too_large", `More than ${maxItems} events (ingest.maxBatch).`);
}
