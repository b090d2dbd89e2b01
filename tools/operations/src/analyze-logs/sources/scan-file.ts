import type { LogEntry } from "../scan/entry.ts";
import {
  createBlock,
  lastTime,
  scanBlock,
  timeSpan,
  type LineFilter,
  type ScanTotals,
  type TimeSpan,
} from "../scan/scan.ts";
import { isPacked, readPieces } from "./content.ts";
import { decodeJournal } from "./journal.ts";
import type { LogFile } from "./log-files.ts";
import type { IndexedBlock, TimeIndex } from "./time-index.ts";

const NEWLINE = 0x0a;

/**
 * The lines of a file that a filter lets pass, in order. With a range of time and an index, only those blocks are read
 * that can have some; what the index does not know is read and learnt.
 */
export async function* scanFile(
  file: LogFile,
  filter: LineFilter,
  totals: ScanTotals,
  index: TimeIndex | null,
): AsyncGenerator<LogEntry[], void, void> {
  const { range } = filter;
  const packed = isPacked(file.path);
  const indexed = index === null || range === undefined ? null : index.of(file.path);
  // The last block of a file that lines are added to is read again: it says what the next lines inherit.
  const complete = indexed !== null && indexed.length > 0 && (packed || indexed.length >= file.bytes);
  if (complete && !overlaps(indexed.times, range)) {
    return;
  }
  const blocks = indexed?.blocks() ?? [];
  const known = complete ? blocks : blocks.slice(0, -1);
  for (const run of joined(known.filter(({ times }) => overlaps(times, range)))) {
    let { before } = run;
    for await (const { bytes } of readPieces(file.path, run)) {
      const block = createBlock(bytes, before);
      yield scanBlock(block, filter, totals);
      before = lastTime(block);
    }
  }
  if (complete) {
    return;
  }
  const learnt = [...known];
  let before = blocks.at(-1)?.before ?? null;
  const end = packed ? Number.POSITIVE_INFINITY : file.bytes;
  for await (const { offset, length, bytes } of readPieces(file.path, { start: endOf(known), end })) {
    const block = createBlock(bytes, before);
    yield scanBlock(block, filter, totals);
    // What has no newline yet may go on.
    if (indexed !== null && (packed || bytes.at(-1) === NEWLINE)) {
      learnt.push({ offset, length, before, times: timeSpan(block) });
    }
    before = lastTime(block);
  }
  if (index !== null && learnt.length > known.length) {
    index.learn(file.path, packed ? file.bytes : endOf(learnt), learnt);
  }
}

function endOf(blocks: readonly IndexedBlock[]): number {
  const last = blocks.at(-1);
  return last === undefined ? 0 : last.offset + last.length;
}

function overlaps(times: TimeSpan | null, range: LineFilter["range"]): boolean {
  return times !== null && (range === undefined || (times.latest >= range.from && times.earliest < range.to));
}

/** The lines of a stream, or of a file that may be a journal's, that a filter lets pass. */
export async function* scanPieces(
  pieces: AsyncIterable<{ readonly bytes: Buffer }>,
  filter: LineFilter,
  totals: ScanTotals,
): AsyncGenerator<LogEntry[], void, void> {
  let before: number | null = null;
  for await (const { bytes } of decodeJournal(pieces)) {
    const block = createBlock(bytes, before);
    yield scanBlock(block, filter, totals);
    before = lastTime(block);
  }
}

/** Blocks that follow each other are read as one. */
function joined(
  blocks: readonly IndexedBlock[],
): { readonly start: number; readonly end: number; readonly before: number | null }[] {
  const runs: { start: number; end: number; before: number | null }[] = [];
  for (const { offset, length, before } of blocks) {
    const last = runs.at(-1);
    if (last?.end === offset) {
      last.end = offset + length;
    } else {
      runs.push({ start: offset, end: offset + length, before });
    }
  }
  return runs;
}
