import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { CommandError } from "../../exit-code.ts";
import type { LogEntry } from "../scan/entry.ts";
import type { LineFilter, ScanTotals } from "../scan/scan.ts";
import { readPieces, readStream } from "./content.ts";
import { findLogFiles, type LogFile } from "./log-files.ts";
import { mergeByTime } from "./merge.ts";
import { scanFile, scanPieces } from "./scan-file.ts";
import { openTimeIndex, type TimeIndex } from "./time-index.ts";

/** What is read, and how. */
export interface LogSource {
  /** Files and folders of log lines; `-` is `stdin`. */
  readonly paths: readonly string[];
  readonly stdin: Readable;
  /** Whether the times of blocks are remembered beside the files. */
  readonly index: boolean;
  /** A file that could be read in part, or not at all: what it gave stays, and the others are read. */
  failed(path: string, reason: string): void;
  progress?(bytesRead: number, ofBytes: number): void;
}

export interface LogLines {
  readonly totals: ScanTotals;
  readonly entries: AsyncIterable<LogEntry[]>;
}

/**
 * The lines that a filter lets pass, in order of time as far as each log is. Throws a `CommandError` for a path that is not
 * there.
 */
export function openLogLines(source: LogSource, filter: LineFilter): LogLines {
  const totals: ScanTotals = { bytes: 0, unreadable: 0 };
  const files = findLogFiles(source.paths.filter((path) => path !== "-"));
  const ofBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const indexes = new Map<string, TimeIndex>();
  const indexOf = ({ path, log }: LogFile): TimeIndex | null => {
    if (!source.index || log === null || filter.range === undefined) {
      return null;
    }
    const folder = dirname(path);
    const index = indexes.get(folder) ?? openTimeIndex(folder);
    indexes.set(folder, index);
    return index;
  };
  async function* linesOf(logFiles: readonly LogFile[]): AsyncGenerator<LogEntry[], void, void> {
    for (const file of logFiles) {
      try {
        for await (const entries of scanned(file, filter, totals, indexOf(file))) {
          source.progress?.(totals.bytes, ofBytes);
          yield entries;
        }
      } catch (error) {
        source.failed(file.path, reasonOf(error));
      }
    }
  }
  async function* all(): AsyncGenerator<LogEntry[], void, void> {
    const logs = [...Map.groupBy(files, ({ log, path }) => log ?? path).values()].map(linesOf);
    const streams = source.paths.includes("-") ? [scanPieces(readStream(source.stdin), filter, totals)] : [];
    yield* mergeByTime([...logs, ...streams]);
    for (const index of indexes.values()) {
      await index.save();
    }
  }
  return { totals, entries: all() };
}

function scanned(
  file: LogFile,
  filter: LineFilter,
  totals: ScanTotals,
  index: TimeIndex | null,
): AsyncGenerator<LogEntry[], void, void> {
  if (file.log !== null) {
    return scanFile(file, filter, totals, index);
  }
  return scanPieces(readPieces(file.path, { start: 0, end: Number.POSITIVE_INFINITY }), filter, totals);
}

function reasonOf(error: unknown): string {
  if (error instanceof CommandError) {
    throw error;
  }
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "Z_BUF_ERROR" ? "it ends before its packed content does" : (code ?? message);
}
