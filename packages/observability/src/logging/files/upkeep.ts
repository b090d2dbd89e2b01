import { rmSync } from "node:fs";
import { basename } from "node:path";
import { startTimer } from "../../waiting/long-timer.ts";
import { createSequence } from "../../waiting/sequence.ts";
import { compressSegment } from "./compress-segment.ts";
import type { LineLog } from "./line-log.ts";
import type { LogName } from "./log-names.ts";
import type { LogFilesObserver } from "./observer.ts";
import type { Segment } from "./segment.ts";

export interface UpkeepDeps {
  readonly logs: readonly LineLog[];
  readonly maxTotalBytes: number;
  /** How long a closed file stays as it is, unless those that wait take more than half of the room. */
  readonly compressAfterMs: number;
  /** Lines below it are shipped; `Infinity` while the log is not shipped. */
  shippedTo(log: LogName): number;
  readonly observer: Required<Pick<LogFilesObserver, "dropped" | "upkeepFailed">>;
}

/** Compresses closed files when they are due, one at a time, and removes the oldest where they are too many. */
export interface Upkeep {
  /** There may be something to do; not within the call that logs. */
  schedule(): void;
  close(): Promise<void>;
}

export function createUpkeep(deps: UpkeepDeps): Upkeep {
  const { logs, maxTotalBytes, compressAfterMs, shippedTo, observer } = deps;
  const closing = new AbortController();
  /** Files that could not be compressed this time. */
  const failed = new Set<string>();
  let scheduled = false;
  let stopTimer = (): void => undefined;
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

  /** What can be compressed, the one that was closed first in front. */
  function plainFiles(): readonly { readonly log: LineLog; readonly segment: Segment }[] {
    return logs
      .flatMap((log) =>
        log
          .segments()
          .slice(0, -1)
          .filter(({ path, compressed }) => !compressed && !failed.has(path))
          .map((segment) => ({ log, segment })),
      )
      .toSorted((a, b) => a.segment.closedAt - b.segment.closedAt);
  }

  async function compressNext(): Promise<boolean> {
    const plain = plainFiles();
    const [next] = plain;
    if (next === undefined) {
      return false;
    }
    const { log, segment } = next;
    const waitMs = segment.closedAt + compressAfterMs - Date.now();
    if (waitMs > 0 && plain.reduce((sum, { segment: { bytes } }) => sum + bytes, 0) <= maxTotalBytes / 2) {
      stopTimer = startTimer(waitMs, schedule, false);
      return false;
    }
    await compressSegment(log, segment, closing.signal).catch((error: unknown) => {
      if (closing.signal.aborted) {
        return;
      }
      failed.add(segment.path);
      observer.upkeepFailed(log.name, error);
    });
    return true;
  }

  /** A clock that was set back since must not make them wait for as long. */
  function closeAgain(): void {
    const now = Date.now();
    for (const { log, segment } of plainFiles()) {
      if (segment.closedAt > now) {
        log.replace(segment, { ...segment, closedAt: now });
      }
    }
  }

  async function maintain(): Promise<void> {
    scheduled = false;
    stopTimer();
    failed.clear();
    closeAgain();
    do {
      enforceTotal();
    } while (!closing.signal.aborted && (await compressNext()));
  }

  function schedule(): void {
    if (scheduled || closing.signal.aborted) {
      return;
    }
    scheduled = true;
    void runs.run(maintain);
  }

  return {
    schedule,
    async close() {
      closing.abort();
      stopTimer();
      await runs.run(() => undefined);
    },
  };
}
