import { parseEntry, type LogEntry } from "./entry.ts";
import type { TimeRange } from "../../time/time-range.ts";
import { lineTime } from "./line-time.ts";
import { hasEscapes, type TextQuery } from "./text-query.ts";

/** Whole lines of a log, each with its newline but perhaps the last, and the time of the line before them. */
export interface Block {
  readonly bytes: Buffer;
  /** The bytes as Latin-1: each is a character, so that places in it are places in the bytes. */
  readonly text: string;
  readonly before: number | null;
}

export function createBlock(bytes: Buffer, before: number | null): Block {
  return { bytes, text: bytes.toString("latin1"), before };
}

/** The earliest and the latest time of some lines, in milliseconds since 1970. */
export interface TimeSpan {
  readonly earliest: number;
  readonly latest: number;
}

/** Which lines are looked for. */
export interface LineFilter {
  /** Lines of this time alone. A line that bears none is of the time of the line before. */
  readonly range?: TimeRange | undefined;
  /** Lines that have this text alone. */
  readonly text?: TextQuery | undefined;
  /** In the bytes of every line that is looked for, such as a field's name. What else has it is sorted out by `accepts`. */
  readonly hint?: RegExp | undefined;
  accepts?(entry: LogEntry): boolean;
}

/** What was read, to be told to the person who asked. */
export interface ScanTotals {
  bytes: number;
  /** Looked at that are no JSON. */
  unreadable: number;
}

/**
 * The lines of a block that a filter lets pass, in order. Most lines are never cut out of their block: a regular
 * expression runs over the bytes as Latin-1, and only where it finds something is there work for a line.
 */
export function scanBlock(block: Block, filter: LineFilter, totals: ScanTotals): LogEntry[] {
  const { bytes, text } = block;
  totals.bytes += bytes.length;
  const found: LogEntry[] = [];
  const needle = filter.hint ?? filter.text?.candidates;
  // JSON may write any character as an escape: where there is one, each line is looked at by itself.
  const starts = needle === undefined || hasEscapes(text) ? allLines(text) : linesWith(text, needle);
  const inherited = timesBefore(text, block.before);
  for (const start of starts) {
    const end = endOfLine(text, start);
    if (end > start) {
      const entry = entryAt({ bytes, text, start, end, inherited }, filter, totals);
      if (entry !== null) {
        found.push(entry);
      }
    }
  }
  return found;
}

interface Place {
  readonly bytes: Buffer;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  inherited(start: number): number | null;
}

function entryAt(place: Place, filter: LineFilter, totals: ScanTotals): LogEntry | null {
  const { bytes, text, start, end, inherited } = place;
  if (filter.range !== undefined) {
    const at = lineTime(text, start, end) ?? inherited(start);
    if (at === null || at < filter.range.from || at >= filter.range.to) {
      return null;
    }
  }
  const line = bytes.toString("utf8", start, end);
  if (filter.text !== undefined && !filter.text.matches(line)) {
    return null;
  }
  const parsed = parseEntry(line, null);
  totals.unreadable += parsed.record === null ? 1 : 0;
  const entry = parsed.at === null ? { ...parsed, at: inherited(start) } : parsed;
  return (filter.accepts?.(entry) ?? true) ? entry : null;
}

/** The time of the last line of a block that bears one, or of the line before it. */
export function lastTime({ text, before }: Block): number | null {
  return timesBefore(text, before)(text.length);
}

/** The earliest and the latest time of the lines of a block, the one before it among them, which some may inherit. */
export function timeSpan({ text, before }: Block): TimeSpan | null {
  let [earliest, latest] = [before ?? Number.POSITIVE_INFINITY, before ?? Number.NEGATIVE_INFINITY];
  for (let start = 0; start < text.length;) {
    const end = endOfLine(text, start);
    const at = lineTime(text, start, end);
    if (at !== null) {
      earliest = Math.min(earliest, at);
      latest = Math.max(latest, at);
    }
    start = end + 1;
  }
  return earliest <= latest ? { earliest, latest } : null;
}

/**
 * Tells the time of the last line before a place that bears one. Places are asked for in order, so that no line is looked
 * at twice, however few bear a time.
 */
function timesBefore(text: string, before: number | null): (start: number) => number | null {
  let [known, seen] = [before, 0];
  return (start) => {
    const limit = seen;
    seen = start;
    for (let end = start; end > limit;) {
      const begin = Math.max(limit, text.lastIndexOf("\n", end - 2) + 1);
      const at = lineTime(text, begin, end);
      if (at !== null) {
        known = at;
        break;
      }
      end = begin;
    }
    return known;
  };
}

function* allLines(text: string): Generator<number, void, void> {
  for (let start = 0; start < text.length; start = endOfLine(text, start) + 1) {
    yield start;
  }
}

function* linesWith(text: string, needle: RegExp): Generator<number, void, void> {
  needle.lastIndex = 0;
  for (let match = needle.exec(text); match !== null; match = needle.exec(text)) {
    yield text.lastIndexOf("\n", match.index - 1) + 1;
    needle.lastIndex = endOfLine(text, match.index) + 1;
  }
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end < 0 ? text.length : end;
}
