/** Where a wait begins, where it ends, and how it grows. */
export interface BackoffSettings {
  /** The wait after the first failure, in milliseconds. */
  readonly baseMs: number;
  /** The longest wait, in milliseconds. */
  readonly maxMs: number;
  /** What each further failure multiplies the wait by. Default 2. */
  readonly factor?: number;
  /**
   * `full` (the default): a time between 0 and the wait, each as likely, so that many callers that failed together do
   * not come back together. `none`: the wait itself, where there is one caller, or where the wait is told to people.
   */
  readonly jitter?: "full" | "none";
}

/**
 * How long to wait, in milliseconds, after so many failures in a row: `baseMs · factor^(failures-1)`, at most `maxMs`,
 * with full jitter unless the settings say otherwise; 0 before the first failure. Pure but for `random` (0 to 1).
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(
  failures: number,
  { baseMs, maxMs, factor = 2, jitter = "full" }: BackoffSettings,
  random: () => number = Math.random,
): number {
  if (!(failures >= 1) || baseMs === 0) {
    return 0;
  }
  const wait = Math.min(maxMs, baseMs * factor ** (failures - 1));
  return jitter === "full" ? random() * wait : wait;
}
