import { monitorEventLoopDelay, performance } from "node:perf_hooks";

/** The timer whose lateness is measured; the measurement contains its period. */
const RESOLUTION_MS = 20;
/** What is told covers the time since the turn before the last. */
const TURN_MS = 30_000;

/** How the event loop did in the last 30 to 60 seconds, however often it is read. In seconds. */
export interface EventLoopFigures {
  mean(): number;
  percentile(percent: number): number;
  max(): number;
  /** From 0 to 1. */
  utilization(): number;
  close(): void;
}

interface Span {
  readonly delays: ReturnType<typeof monitorEventLoopDelay>;
  since: ReturnType<typeof performance.eventLoopUtilization>;
}

/** Two measurements that overlap: what one forgets when it starts anew, the other one still has. */
export function measureEventLoop(): EventLoopFigures {
  let older = begin();
  let newer = begin();
  const timer = setInterval(() => {
    older.delays.reset();
    older.since = performance.eventLoopUtilization();
    [older, newer] = [newer, older];
  }, TURN_MS).unref();
  return {
    mean: () => lateness(older.delays.mean),
    percentile: (percent) => lateness(older.delays.percentile(percent)),
    max: () => lateness(older.delays.max),
    utilization: () => performance.eventLoopUtilization(older.since).utilization,
    close() {
      clearInterval(timer);
      older.delays.disable();
      newer.delays.disable();
    },
  };
}

function begin(): Span {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  return { delays, since: performance.eventLoopUtilization() };
}

/** Before the first measurement there is no mean. */
function lateness(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS) / 1_000 : 0;
}
