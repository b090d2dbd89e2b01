import { statSync } from "node:fs";
import { wait } from "@sark/observability/waiting";
import type { LogEntry } from "../scan/entry.ts";
import { createBlock, lastTime, scanBlock, type LineFilter, type ScanTotals } from "../scan/scan.ts";
import { isPacked, PIECE_BYTES, readPieces } from "../sources/content.ts";
import { findLogFiles, type LogFile } from "../sources/log-files.ts";
import { mergeByTime } from "../sources/merge.ts";

const LOOK_EVERY_MS = 200;
const NEWLINE = 0x0a;

interface Position {
  offset: number;
  inode: number;
  before: number | null;
}

/** Hands out lines of log files as they are written: first the last ones there are, then, until `signal`, those that come. */
export interface Follower {
  /** The last lines of the files as they are now, at most `count`. */
  last(count: number): Promise<LogEntry[]>;
  /** What was written since. Rotation is followed; a file that was cut is read from its beginning. */
  following(signal: AbortSignal): AsyncGenerator<LogEntry[], void, void>;
}

export function createFollower(paths: readonly string[], filter: LineFilter): Follower {
  const positions = new Map<string, Position>();
  const totals: ScanTotals = { bytes: 0, unreadable: 0 };
  async function* added(file: LogFile): AsyncGenerator<LogEntry[], void, void> {
    const position = positionOf(file);
    const { offset: start } = position;
    for await (const { offset, length, bytes } of readPieces(file.path, { start, end: file.bytes })) {
      if (bytes.at(-1) !== NEWLINE) {
        // What has no newline yet is read again when it has.
        return;
      }
      const block = createBlock(bytes, position.before);
      position.offset = offset + length;
      position.before = lastTime(block);
      yield scanBlock(block, filter, totals);
    }
  }
  function positionOf({ path, bytes }: LogFile): Position {
    const { ino: inode } = statSync(path);
    const known = positions.get(path);
    if (known?.inode === inode && known.offset <= bytes) {
      return known;
    }
    const begun = { offset: 0, inode, before: null };
    positions.set(path, begun);
    return begun;
  }
  return {
    async last(count) {
      const logs = Map.groupBy(findLogFiles(paths), ({ log, path }) => log ?? path);
      const ends = [...logs.values()].map((files) => endOfLog(files, count, filter, totals, positions));
      const lines: LogEntry[] = [];
      for await (const entries of mergeByTime(ends)) {
        lines.push(...entries);
      }
      return count === 0 ? [] : lines.slice(-count);
    },
    async *following(signal) {
      while (!signal.aborted) {
        const grown = findLogFiles(paths).filter(({ path }) => !isPacked(path));
        const logs = Map.groupBy(grown, ({ log, path }) => log ?? path);
        yield* mergeByTime([...logs.values()].map((files) => inOrder(files, added)));
        await wait(LOOK_EVERY_MS, { signal });
      }
    },
  };
}

async function* inOrder(
  files: readonly LogFile[],
  read: (file: LogFile) => AsyncIterable<LogEntry[]>,
): AsyncGenerator<LogEntry[], void, void> {
  for (const file of files) {
    try {
      yield* read(file);
    } catch (error) {
      // Removed, or packed, since it was found.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
        throw error;
      }
    }
  }
}

/** The last lines of a log, newest file first until there are enough; where each file ends is remembered. */
async function* endOfLog(
  files: readonly LogFile[],
  count: number,
  filter: LineFilter,
  totals: ScanTotals,
  positions: Map<string, Position>,
): AsyncGenerator<LogEntry[], void, void> {
  let lines: LogEntry[] = [];
  for (const file of files.toReversed()) {
    const packed = isPacked(file.path);
    if (!packed) {
      const end = await wholeLinesEnd(file);
      positions.set(file.path, { offset: end, inode: statSync(file.path).ino, before: null });
    }
    if (lines.length < count) {
      lines = [...(await lastOfFile(file, packed, count - lines.length, filter, totals)), ...lines];
    }
  }
  yield lines;
}

async function wholeLinesEnd({ path, bytes }: LogFile): Promise<number> {
  let end = 0;
  const start = Math.max(0, bytes - PIECE_BYTES);
  for await (const piece of readPieces(path, { start, end: bytes })) {
    const newline = piece.bytes.lastIndexOf(NEWLINE);
    end = newline < 0 ? end : piece.offset + newline + 1;
  }
  return end === 0 && start > 0 ? bytes : end;
}

async function lastOfFile(
  file: LogFile,
  packed: boolean,
  count: number,
  filter: LineFilter,
  totals: ScanTotals,
): Promise<LogEntry[]> {
  // From the end towards the beginning, twice as far each time, until there are enough.
  for (let length = packed ? Number.POSITIVE_INFINITY : PIECE_BYTES; ; length *= 2) {
    const start = Math.max(0, file.bytes - length);
    const end = packed ? Number.POSITIVE_INFINITY : file.bytes;
    let lines: LogEntry[] = [];
    let before: number | null = null;
    let first = start > 0;
    for await (const { bytes } of readPieces(file.path, { start: packed ? 0 : start, end })) {
      // It was begun in the midst of a line.
      const whole = first ? bytes.subarray(bytes.indexOf(NEWLINE) + 1) : bytes;
      first = false;
      const block = createBlock(whole, before);
      lines = [...lines, ...scanBlock(block, filter, totals)].slice(-count);
      before = lastTime(block);
    }
    if (packed || start === 0 || lines.length >= count) {
      return lines;
    }
  }
}
