import { performance, PerformanceObserver } from "node:perf_hooks";

/**
 * What this process allocates on the heap, from `start` on until `stop`, in bytes; `null` where garbage was collected meanwhile.
 * Needs `--expose-gc`: what is there already would be collected soon.
 */
export interface Allocations {
  start(): void;
  stop(): Promise<number | null>;
}

export function createAllocations(): Allocations {
  let begun = 0;
  let before = 0;
  let collected = false;
  const observer = new PerformanceObserver((list) => {
    collected ||= list.getEntries().some(({ startTime }) => startTime > begun);
  });
  return {
    start() {
      observer.observe({ entryTypes: ["gc"] });
      globalThis.gc?.();
      collected = false;
      begun = performance.now();
      before = process.memoryUsage().heapUsed;
    },
    async stop() {
      const allocated = process.memoryUsage().heapUsed - before;
      // Entries come with a delay.
      await new Promise(setImmediate);
      observer.disconnect();
      return collected ? null : allocated;
    },
  };
}
