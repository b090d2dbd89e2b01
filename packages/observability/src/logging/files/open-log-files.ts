import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { pino } from "pino";
import {
  createLossReport,
  joinLines,
  type Destination,
  type LineKind,
  type LogLine,
} from "../destination.ts";
import { compressSegment, UNFINISHED } from "./compress-segment.ts";
import { openLineLog, type LineLog } from "./line-log.ts";
import { belongsTo, LOG_NAMES, type LogName } from "./log-names.ts";
import { createLineReader, type LineReader } from "./line-reader.ts";
import type { LogFilesObserver } from "./observer.ts";
import { loadPosition, savePosition, type ShippingPosition } from "./position-file.ts";

export interface LogFilesOptions {
  /** A folder that only this process writes to; made when it is missing. */
  readonly directory: string;
  /** A file is closed, and compressed, before it grows beyond this. Default 32 MiB. */
  readonly maxFileBytes?: number;
  /** The same when it was begun so long ago. Default one day. */
  readonly maxAgeSeconds?: number;
  /** All files together; beyond it the oldest ones of the largest log are removed. Default 1 GiB. */
  readonly maxTotalBytes?: number;
}

/** One of the logs, as whoever ships it sees it. */
export interface ShippableLog {
  readonly name: LogName;
  readonly directory: string;
  /** The number that the next line gets, and that of the first one that is still there. */
  readonly head: number;
  readonly first: number;
  openReader(): LineReader;
  /** `null` when it was never shipped. From now on what is removed beyond the position counts as unshipped. */
  loadPosition(): ShippingPosition | null;
  /** Resolves when the position would survive a crash. */
  savePosition(position: ShippingPosition): Promise<void>;
}

/** Log lines in files: each is with the operating system before the call returns, so that no crash of the process loses it. */
export interface LogFiles extends Required<Pick<Destination, "write" | "writeLines">> {
  log(name: LogName): ShippableLog;
  readonly bytes: number;
  /** Tells this observer what happens from now on. */
  observe(observer: LogFilesObserver): void;
  /** Ends what goes on in the background. Lines that come later go to stderr. */
  close(): Promise<void>;
}

/** Throws when the folder cannot be used. After that, no call throws. */
export function openLogFiles(options: LogFilesOptions): LogFiles {
  const { directory, maxFileBytes = 32 * 1024 * 1024, maxAgeSeconds = 86_400 } = options;
  const { maxTotalBytes = 1024 * 1024 * 1024 } = options;
  let observer: LogFilesObserver = {};
  mkdirSync(directory, { recursive: true, mode: 0o750 });
  removeUnfinished(directory);
  const upkeep = { scheduled: false, running: Promise.resolve() };
  const closing = new AbortController();
  const shippedTo = new Map<LogName, number>();
  const failed = new Set<string>();
  const logs = LOG_NAMES.map((name) =>
    openLineLog({
      directory,
      name,
      maxFileBytes,
      maxAgeMs: maxAgeSeconds * 1_000,
      rotated() {
        observer.rotated?.(name);
        schedule();
      },
      rotationFailed: (error) => observer.upkeepFailed?.(name, error),
      vanished: (lines) => observer.vanished?.(name, lines),
    }),
  );
  let stderr: ReturnType<typeof createStderr> | undefined;
  const reportFailure = createLossReport(" to their file");
  const total = () => logs.reduce((sum, { bytes }) => sum + bytes, 0);

  const shippable = logs.map((log): ShippableLog => ({
    name: log.name,
    directory,
    get head() {
      return log.head;
    },
    get first() {
      return log.segments()[0]?.base ?? log.head;
    },
    openReader: () =>
      createLineReader(log, (file, error) => observer.unreadable?.(log.name, basename(file), error)),
    loadPosition() {
      const position = loadPosition(directory, log.name);
      shippedTo.set(log.name, position?.next ?? 0);
      return position;
    },
    async savePosition(position) {
      await savePosition(directory, log.name, position);
      shippedTo.set(log.name, position.next);
    },
  }));

  function append(log: LineLog, text: string, lines: number): void {
    try {
      log.append(text, lines);
      observer.linesWritten?.(log.name, lines);
    } catch (error) {
      observer.writeFailed?.(log.name, lines, error);
      reportFailure(error, lines);
      // Every line is in this log: each goes to stderr once.
      if (log.name === "application") (stderr ??= createStderr()).write(text);
    }
  }

  /** The oldest closed file of a log; `false` when there is none, or it cannot be removed. */
  function removeOldest(log: LineLog): boolean {
    const [oldest, following] = log.segments();
    if (oldest === undefined || following === undefined) return false;
    try {
      rmSync(oldest.path, { force: true });
    } catch (error) {
      observer.upkeepFailed?.(log.name, error);
      return false;
    }
    log.replace(oldest, null);
    const from = Math.max(oldest.base, shippedTo.get(log.name) ?? Infinity);
    const unshipped = Math.max(0, following.base - from);
    observer.dropped?.(log.name, { file: basename(oldest.path), unshipped });
    return true;
  }

  /** From the log that takes most, so that no log crowds out another. */
  function enforceTotal(): void {
    while (total() > maxTotalBytes) {
      if (!logs.toSorted((a, b) => b.bytes - a.bytes).some(removeOldest)) return;
    }
  }

  async function compressNext(): Promise<boolean> {
    for (const log of logs) {
      const next = log
        .segments()
        .slice(0, -1)
        .find(({ path, compressed }) => !compressed && !failed.has(path));
      if (next === undefined) continue;
      await compressSegment(log, next, closing.signal).catch((error: unknown) => {
        if (closing.signal.aborted) return;
        failed.add(next.path);
        observer.upkeepFailed?.(log.name, error);
      });
      return true;
    }
    return false;
  }

  async function maintain(): Promise<void> {
    failed.clear();
    do enforceTotal();
    while (!closing.signal.aborted && (await compressNext()));
  }

  /** Not within the call that logs. */
  function schedule(): void {
    if (upkeep.scheduled || closing.signal.aborted) return;
    upkeep.scheduled = true;
    upkeep.running = upkeep.running.then(() => {
      upkeep.scheduled = false;
      return maintain();
    });
  }
  schedule();

  return {
    write(text: string, kind: LineKind) {
      for (const log of logs) if (belongsTo(log.name, kind)) append(log, text, 1);
    },
    writeLines(lines: readonly LogLine[]) {
      for (const log of logs) {
        const own = lines.filter((line) => belongsTo(log.name, line));
        if (own.length > 0) append(log, joinLines(own), own.length);
      }
    },
    log: (name) => shippable[LOG_NAMES.indexOf(name)] as ShippableLog,
    get bytes() {
      return total();
    },
    observe: (other) => void (observer = other),
    async close() {
      closing.abort();
      for (const log of logs) log.close();
      await upkeep.running;
    },
  };
}

function removeUnfinished(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name.endsWith(UNFINISHED)) rmSync(join(directory, name), { force: true });
  }
}

/** The same writer as stdout's: it waits for a slow reader, where a plain write would fail. */
function createStderr(): { write(text: string): void } {
  const stream = pino.destination({ dest: 2, sync: true });
  // Nowhere is left to write to; it was counted.
  stream.on("error", () => undefined);
  return { write: (text) => void stream.write(text) };
}
