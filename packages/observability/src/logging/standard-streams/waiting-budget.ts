const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread, in milliseconds. */
export function sleepSync(ms: number): void {
  Atomics.wait(sleeper, 0, 0, ms);
}

/**
 * A budget for waiting: `perSecondMs` in any second. A reader that is only a moment behind is waited for, so that a kill
 * loses no line; a reader that stands still costs no more than that.
 */
export function createWaitingBudget(perSecondMs: number): { waitOneMs(): boolean } {
  let left = perSecondMs;
  let since = -Infinity;
  return {
    /** Waits, or returns `false` when the budget of this second is used up. */
    waitOneMs() {
      const now = performance.now();
      if (now - since >= 1_000) {
        since = now;
        left = perSecondMs;
      }
      if (left <= 0) {
        return false;
      }
      sleepSync(1);
      left -= performance.now() - now;
      return true;
    },
  };
}
