/**
 * Unix milliseconds, with fractions, that agree within one trace: spans that read the clock themselves are up to a
 * millisecond apart, and then in no order.
 */
export interface TraceClock {
  now(): number;
  /** Of a time by `performance.now()`. */
  at(performanceTime: number): number;
}

/** One for each trace: the two clocks drift. */
export function createTraceClock(): TraceClock {
  const epoch = Date.now() - performance.now();
  return { now: () => epoch + performance.now(), at: (time) => epoch + time };
}
