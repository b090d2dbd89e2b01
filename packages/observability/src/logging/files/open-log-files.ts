import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import {
  createLossReport,
  joinLines,
  type Destination,
  type LineKind,
  type LogLine,
} from "../destination.ts";
import { lockFolder } from "../../files/lock-folder.ts";
import { standardError } from "../standard-streams/standard-error.ts";
import { UNFINISHED } from "./compress-segment.ts";
import { openLineLog, type LineLog } from "./line-log.ts";
import { belongsTo, type LogName } from "./log-names.ts";
import type { LogFilesObserver } from "./observer.ts";
import { createShippableLog, type ShippableLog } from "./shippable-log.ts";
import { createUpkeep } from "./upkeep.ts";

/** Where log files are kept, and how large and old they may become. */
export interface LogFilesOptions {
  /** A folder that only this process writes to; made when it is missing. */
  readonly directory: string;
  /** A file is closed before it grows beyond this. Default 32 MiB. */
  readonly maxFileBytes?: number;
  /** The same when it was begun so long ago. Default one day. */
  readonly maxAgeSeconds?: number;
  /** All files together; beyond it the oldest ones of the largest log are removed. Default 1 GiB. */
  readonly maxTotalBytes?: number;
  /**
   * A closed file stays as it is for so long, for a collector that reads plain files and is away meanwhile. Those that wait
   * take half of `maxTotalBytes` at most: beyond it the oldest is compressed at once. Default one hour.
   */
  readonly compressAfterSeconds?: number;
}

/** Log lines in files: each is with the operating system before the call returns, so that no crash of the process loses it. */
export interface LogFiles extends Required<Pick<Destination, "write" | "writeLines">> {
  log(name: LogName): ShippableLog;
  readonly bytes: number;
  /** Why the last lines could not be written to their file; `null` when they were. */
  readonly failure: Error | null;
  /** Tells this observer what happens from now on. */
  observe(observer: LogFilesObserver): void;
  /** Ends what goes on in the background. Lines that come later go to stderr. */
  close(): Promise<void>;
}

const MIB = 1024 * 1024;

/** Another process, or another logger of this one, writes to the folder. */
export class LogFolderInUseError extends Error {
  override readonly name = "LogFolderInUseError";
  readonly code = "log_folder_in_use";
}

/**
 * Makes this process the only one that writes to the folder, until `close` or its end. Throws `LogFolderInUseError`, or
 * the system's error where the folder cannot be used. After that, no call throws.
 */
export function openLogFiles(options: LogFilesOptions): LogFiles {
  const { directory, maxFileBytes = 32 * MIB, maxAgeSeconds = 86_400, maxTotalBytes = 1024 * MIB } = options;
  const { compressAfterSeconds = 3_600 } = options;
  let observer: LogFilesObserver = {};
  let failure: Error | null = null;
  const shippedTo = new Map<LogName, number>();
  const reportFailure = createLossReport(" to their file");
  mkdirSync(directory, { recursive: true, mode: 0o750 });
  const release = lockFolder(directory);
  if (release === null) {
    throw new LogFolderInUseError(
      `another process writes its log files to ${directory}: each needs a folder of its own`,
    );
  }

  const all: LineLog[] = [];
  const closeAll = (): void => all.forEach((log) => log.close());
  const giveUp = (): void => {
    closeAll();
    release();
  };
  function open(name: LogName): LineLog {
    const log = openLineLog({
      directory,
      name,
      maxFileBytes,
      maxAgeMs: maxAgeSeconds * 1_000,
      rotated() {
        observer.rotated?.(name);
        upkeep.schedule();
      },
      rotationFailed: (error) => observer.upkeepFailed?.(name, error),
      vanished: (lines) => observer.vanished?.(name, lines),
    });
    all.push(log);
    return log;
  }
  const logs = openEach(() => removeUnfinished(directory), open, giveUp);
  const upkeep = createUpkeep({
    logs: all,
    maxTotalBytes,
    compressAfterMs: compressAfterSeconds * 1_000,
    shippedTo: (log) => shippedTo.get(log) ?? Infinity,
    observer: {
      dropped: (log, dropped) => observer.dropped?.(log, dropped),
      upkeepFailed: (log, error) => observer.upkeepFailed?.(log, error),
    },
  });
  upkeep.schedule();

  function append(log: LineLog, text: string, lines: number): void {
    try {
      log.append(text, lines);
      failure = null;
      observer.linesWritten?.(log.name, lines);
    } catch (error) {
      failure = error as Error;
      observer.writeFailed?.(log.name, lines, error);
      reportFailure(error, lines);
      // What is in it is in another log, too: each line goes to stderr once.
      if (log.name !== "exceptions") {
        standardError.write(text);
      }
    }
  }

  return {
    write(text: string, kind: LineKind) {
      for (const log of all) {
        if (belongsTo(log.name, kind)) {
          append(log, text, 1);
        }
      }
    },
    writeLines(lines: readonly LogLine[]) {
      for (const log of all) {
        const own = lines.filter((line) => belongsTo(log.name, line));
        if (own.length > 0) {
          append(log, joinLines(own), own.length);
        }
      }
    },
    log: (name) =>
      createShippableLog(logs[name], {
        shipped: (upTo) => void shippedTo.set(name, upTo),
        unreadable: (file, error) => observer.unreadable?.(name, basename(file), error),
      }),
    get bytes() {
      return all.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    get failure() {
      return failure;
    },
    observe: (other) => void (observer = other),
    async close() {
      closeAll();
      await upkeep.close();
      release();
    },
  };
}

/** All of them or none: what was opened before one that cannot be opened is closed again. */
function openEach(
  clean: () => void,
  open: (name: LogName) => LineLog,
  giveUp: () => void,
): Record<LogName, LineLog> {
  try {
    clean();
    return {
      application: open("application"),
      exceptions: open("exceptions"),
      "security-audit": open("security-audit"),
    };
  } catch (error) {
    giveUp();
    throw error;
  }
}

function removeUnfinished(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name.endsWith(UNFINISHED)) {
      rmSync(join(directory, name), { force: true });
    }
  }
}
