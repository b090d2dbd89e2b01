import { rmSync } from "node:fs";
import { basename } from "node:path";
import { createSequence } from "../../waiting/sequence.ts";
import { compressSegment } from "./compress-segment.ts";
import type { LineLog } from "./line-log.ts";
import type { LogName } from "./log-names.ts";
import type { LogFilesObserver } from "./observer.ts";

export interface UpkeepDeps {
  readonly logs: readonly LineLog[];
  readonly maxTotalBytes: number;
  /** Lines below it are shipped; `Infinity` while the log is not shipped. */
  shippedTo(log: LogName): number;
  readonly observer: Required<Pick<LogFilesObserver, "dropped" | "upkeepFailed">>;
}

/** Compresses closed files, one at a time, and removes the oldest where they are too many. */
export interface Upkeep {
  /** There may be something to do; not within the call that logs. */
  schedule(): void;
  close(): Promise<void>;
}

export function createUpkeep({ logs, maxTotalBytes, shippedTo, observer }: UpkeepDeps): Upkeep {
  const closing = new AbortController();
  /** Files that could not be compressed this time. */
  const failed = new Set<string>();
  let scheduled = false;
  const runs = createSequence();

  /** The oldest closed file of a log; `false` when there is none, or it cannot be removed. */
  function removeOldest(log: LineLog): boolean {
    const [oldest, following] = log.segments();
    if (oldest === undefined || following === undefined) {
      return false;
    }
    try {
      rmSync(oldest.path, { force: true });
    } catch (error) {
      observer.upkeepFailed(log.name, error);
      return false;
    }
    log.replace(oldest, null);
    const from = Math.max(oldest.base, shippedTo(log.name));
    observer.dropped(log.name, {
      file: basename(oldest.path),
      unshipped: Math.max(0, following.base - from),
    });
    return true;
  }

  /** From the log that takes most, so that no log crowds out another. */
  function enforceTotal(): void {
    while (logs.reduce((sum, { bytes }) => sum + bytes, 0) > maxTotalBytes) {
      if (!logs.toSorted((a, b) => b.bytes - a.bytes).some(removeOldest)) {
        return;
      }
    }
  }

  async function compressNext(): Promise<boolean> {
    for (const log of logs) {
      const next = log
        .segments()
        .slice(0, -1)
        .find(({ path, compressed }) => !compressed && !failed.has(path));
      if (next === undefined) {
        continue;
      }
      await compressSegment(log, next, closing.signal).catch((error: unknown) => {
        if (closing.signal.aborted) {
          return;
        }
        failed.add(next.path);
        observer.upkeepFailed(log.name, error);
      });
      return true;
    }
    return false;
  }

  async function maintain(): Promise<void> {
    scheduled = false;
    failed.clear();
    do {
      enforceTotal();
    } while (!closing.signal.aborted && (await compressNext()));
  }

  return {
    schedule() {
      if (scheduled || closing.signal.aborted) {
        return;
      }
      scheduled = true;
      void runs.run(maintain);
    },
    async close() {
      closing.abort();
      await runs.run(() => undefined);
    },
  };
}
