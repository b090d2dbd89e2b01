/** Lines, and bytes of them, that may come within one window: far more than a stray `print` in each call makes. */
const MAX_LINES = 1_000;
const MAX_BYTES = 4 * 1024 * 1024;
const WINDOW_MS = 10_000;

/** How much a program may print to stdout that is no message before it counts as broken. */
export interface JunkBudget {
  /** Whether there is still room for this line. */
  spend(bytes: number): boolean;
}

export function createJunkBudget(now: () => number = () => performance.now()): JunkBudget {
  let windowStart = now();
  let lines = 0;
  let size = 0;
  return {
    spend: (bytes) => {
      if (now() - windowStart >= WINDOW_MS) {
        windowStart = now();
        lines = 0;
        size = 0;
      }
      lines += 1;
      size += bytes;
      return lines <= MAX_LINES && size <= MAX_BYTES;
    },
  };
}
