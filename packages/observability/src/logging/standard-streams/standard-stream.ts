import { countNewlines } from "../../lines/count-newlines.ts";
import { createBacklog } from "./backlog.ts";
import { openWithoutBlocking, writeSome } from "./descriptor.ts";
import type { StandardStreamObserver } from "./observer.ts";
import { createWaitingBudget, sleepSync } from "./waiting-budget.ts";

/** Bytes that wait for the reader. */
const MAX_WAITING = 16 * 1024 * 1024;
/** The last quarter is kept for lines that matter more. */
const MAX_WAITING_ORDINARY = (MAX_WAITING / 4) * 3;
const WAITING_MS_PER_SECOND = 100;
const RETRY_MS = 10;
/** Longest wait of `flushSync`, in milliseconds: a reader that stands still must not keep a crash from ending. */
const FLUSH_MS = 1_000;

/** Standard output or standard error, for lines. A reader that stands still costs lines in the end, never the program. */
export interface StandardStream {
  /**
   * Lines, each with its newline. They are with the operating system when it returns, unless the reader is behind;
   * then they wait, bounded, and are dropped beyond that: ordinary ones first. Throws when the stream is broken.
   */
  write(lines: string, matters: boolean): void;
  /** Hands on what waits before it returns, as far as the reader takes it within a second. */
  flushSync(): void;
  observe(observer: StandardStreamObserver): void;
}

const open = new Map<number, StandardStream>();

/** The process has one of each; what is written through it keeps its order. */
export function standardStream(descriptor: 1 | 2): StandardStream {
  const stream = open.get(descriptor) ?? createStandardStream(descriptor);
  open.set(descriptor, stream);
  return stream;
}

function createStandardStream(number: 1 | 2): StandardStream {
  const descriptor = openWithoutBlocking(number);
  const backlog = createBacklog();
  const waiting = createWaitingBudget(WAITING_MS_PER_SECOND);
  const observers: StandardStreamObserver[] = [];
  let dropped = 0;
  let retry: NodeJS.Timeout | undefined;

  /** Writes what waits until the reader takes no more; `wait` says whether to try again. */
  function drain(wait: () => boolean): void {
    for (let next = backlog.peek(); next !== null; next = backlog.peek()) {
      const written = writeOrForget(next);
      backlog.advance(written);
      if (written === 0 && !wait()) {
        return retryLater();
      }
    }
    caughtUp();
  }

  function writeOrForget(bytes: Buffer): number {
    try {
      return writeSome(descriptor, bytes);
    } catch (error) {
      backlog.clear();
      throw error;
    }
  }

  function retryLater(): void {
    retry ??= setTimeout(() => {
      retry = undefined;
      try {
        drain(() => false);
      } catch {
        // The next line meets the same fault, and says so.
      }
    }, RETRY_MS).unref();
  }

  function caughtUp(): void {
    if (dropped === 0) {
      return;
    }
    const lines = dropped;
    dropped = 0;
    for (const observer of observers) {
      observer.caughtUp?.(lines);
    }
  }

  function keep(lines: Buffer, matters: boolean): void {
    if (backlog.add(lines, matters ? MAX_WAITING : MAX_WAITING_ORDINARY)) {
      return;
    }
    const count = countNewlines(lines);
    dropped += count;
    for (const observer of observers) {
      observer.dropped?.(count);
    }
  }

  const stream: StandardStream = {
    write(lines, matters) {
      const bytes = Buffer.from(lines);
      if (backlog.bytes > 0) {
        drain(() => false);
      }
      if (backlog.bytes > 0) {
        return keep(bytes, matters);
      }
      let done = 0;
      do {
        done += writeSome(descriptor, bytes.subarray(done));
      } while (done < bytes.length && (!descriptor.nonBlocking || waiting.waitOneMs()));
      if (done === bytes.length) {
        return;
      }
      if (done === 0) {
        keep(bytes, matters);
      } else {
        backlog.addRest(bytes.subarray(done));
      }
      retryLater();
    },
    flushSync() {
      const deadline = performance.now() + FLUSH_MS;
      drain(() => {
        sleepSync(1);
        return performance.now() < deadline;
      });
    },
    observe: (observer) => void observers.push(observer),
  };
  process.on("exit", () => {
    try {
      stream.flushSync();
    } catch {
      // There is no reader left to tell.
    }
  });
  return stream;
}
