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

/** How often the loop is looked at, in milliseconds: a part of the stall that is told of, as each look wakes an idle process. */
const SHORTEST_LOOK_MS = 50;
const LOOKS_PER_STALL = 4;
/** A stack that was taken comes a turn or two after the stall. */
const STACK_MS = 100;
/** Stacks are watched for as long after a stall: a thread of its own, 20 times a second, is not for a loop that turns. */
const WATCH_MS = 600_000;

/** Tells of stalls when they are over. Costs a timer; and a thread, while there are stalls. Does not keep the process running. */
export function watchStalls({ slowerThanMs, onStall }: StallWatchOptions): StallWatch {
  let stack: readonly string[] | null = null;
  const watcher = createStackWatcher(slowerThanMs, (seen) => (stack = seen));
  const lookMs = Math.max(SHORTEST_LOOK_MS, slowerThanMs / LOOKS_PER_STALL);
  let lookedAt = performance.now();
  let cpu = process.cpuUsage();
  const reports = new Set<NodeJS.Timeout>();

  function look(): void {
    const now = performance.now();
    const ms = now - lookedAt - lookMs;
    const before = cpu;
    lookedAt = now;
    cpu = process.cpuUsage();
    watcher.beat();
    if (ms < slowerThanMs) {
      return;
    }
    const cpuMs = (cpu.user - before.user + cpu.system - before.system) / 1_000;
    const report = setTimeout(() => {
      reports.delete(report);
      const seen = stack;
      stack = null;
      onStall({ ms, cpuMs, stack: seen });
    }, STACK_MS);
    reports.add(report.unref());
    watcher.watchFor(WATCH_MS);
  }

  const timer = setInterval(look, lookMs).unref();
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
