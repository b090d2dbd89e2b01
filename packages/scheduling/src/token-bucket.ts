/** So many tokens in a period, and so many at once. */
export interface TokenRate {
  readonly requests: number;
  readonly periodMs: number;
  /** Tokens that are there after a rest: the size of the bucket. */
  readonly burst: number;
}

/**
 * A bucket of `burst` tokens that are given back evenly, `requests` in each period. Kept as one number,
 * the time at which the bucket will be full again (the generic cell rate algorithm, ITU-T I.371 annex A): no timer refills
 * it, and a bucket whose time has passed is like one that never was.
 */
export interface Bucket {
  /** In milliseconds of the clock that is passed in. */
  fullAt: number;
  /** When the replicas that share it were asked last. */
  askedAt?: number;
}

/** Sums of fractions of a millisecond differ in their last digits. */
const TOLERANCE_MS = 0.001;

/** Time in which one token is given back, in milliseconds. */
export function intervalOf({ requests, periodMs }: TokenRate): number {
  return periodMs / requests;
}

/** How long to wait until so many tokens are there, in milliseconds; 0 when they are there now. */
export function waitFor({ fullAt }: Bucket, rate: TokenRate, now: number, tokens = 1): number {
  const interval = intervalOf(rate);
  const wait = Math.max(fullAt, now) + tokens * interval - rate.burst * interval - now;
  return wait <= TOLERANCE_MS ? 0 : wait;
}

/** Takes tokens that are there. */
export function takeFrom(bucket: Bucket, rate: TokenRate, now: number, tokens = 1): void {
  bucket.fullAt = Math.max(bucket.fullAt, now) + tokens * intervalOf(rate);
}

/** Whole tokens that are there. */
export function remaining({ fullAt }: Bucket, rate: TokenRate, now: number): number {
  const missing = Math.max(0, fullAt - now - TOLERANCE_MS) / intervalOf(rate);
  return Math.max(0, rate.burst - Math.ceil(missing));
}
