/** How many requests may be under way: one more after each round of successes, half as many after a failure. */
export interface ConcurrencyLimit {
  readonly current: number;
  /** `saturated`: the limit was what held more requests back. */
  succeeded(saturated: boolean): void;
  failed(): void;
}

/** Additive increase, multiplicative decrease, between 1 and `max`. */
export function createConcurrencyLimit(max: number): ConcurrencyLimit {
  let limit = 1;
  return {
    get current() {
      return Math.floor(limit);
    },
    succeeded(saturated) {
      if (saturated) {
        limit = Math.min(max, limit + 1 / limit);
      }
    },
    failed() {
      limit = Math.max(1, limit / 2);
    },
  };
}
