import { createStackWatcher } from "./stack-watcher.ts";

/** A time in which the event loop did not turn: no request was read, no timer ran. */
export interface Stall {
  readonly ms: number;
  /** Processor time of the process meanwhile: where it is much less, the machine, and not the program, stood still. */
  readonly cpuMs: number;
  /**
   * What ran in its midst, innermost first: function, file and line. `null` for the first stall, after which stacks are
   * watched for, and where the thread ran no JavaScript.
   */
  readonly stack: readonly string[] | null;
}

/** From when on a loop that does not turn is told of. */
export interface StallWatchOptions {
  /** Shorter ones are none. */
  readonly slowerThanMs: number;
  onStall(stall: Stall): void;
}

/** A watch over the event loop of this thread. */
export interface StallWatch {
  close(): void;
}

/** How often the loop is looked at, in milliseconds. */
const LOOK_MS = 50;
/** A stack that was taken comes a turn or two after the stall. */
const STACK_MS = 100;
/** Stacks are watched for as long after a stall: a thread of its own, 20 times a second, is not for a loop that turns. */
const WATCH_MS = 600_000;

/** Tells of stalls when they are over. Costs a timer; and a thread, while there are stalls. Does not keep the process running. */
export function watchStalls({ slowerThanMs, onStall }: StallWatchOptions): StallWatch {
  let stack: readonly string[] | null = null;
  const watcher = createStackWatcher(slowerThanMs, (seen) => (stack = seen));
  let lookedAt = performance.now();
  let cpu = process.cpuUsage();
  const reports = new Set<NodeJS.Timeout>();

  function look(): void {
    const now = performance.now();
    const ms = now - lookedAt - LOOK_MS;
    const used = process.cpuUsage(cpu);
    lookedAt = now;
    cpu = process.cpuUsage();
    watcher.beat();
    if (ms < slowerThanMs) {
      return;
    }
    const cpuMs = (used.user + used.system) / 1_000;
    const report = setTimeout(() => {
      reports.delete(report);
      const seen = stack;
      stack = null;
      onStall({ ms, cpuMs, stack: seen });
    }, STACK_MS);
    reports.add(report.unref());
    watcher.watchFor(WATCH_MS);
  }

  const timer = setInterval(look, LOOK_MS).unref();
  return {
    close() {
      clearInterval(timer);
      for (const report of reports) {
        clearTimeout(report);
      }
      watcher.close();
    },
  };
}
