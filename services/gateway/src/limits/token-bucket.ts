import type { Rate } from "../domain/rate-limits.ts";

/**
 * A bucket of `burst` tokens that are given back evenly, `requests` in each period; a call takes one. Kept as one number,
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
export function intervalOf({ requests, periodMs }: Rate): number {
  return periodMs / requests;
}

/** How long to wait until a token is there, in milliseconds; 0 when there is one now. */
export function waitFor({ fullAt }: Bucket, rate: Rate, now: number): number {
  const interval = intervalOf(rate);
  const wait = Math.max(fullAt, now) + interval - rate.burst * interval - now;
  return wait <= TOLERANCE_MS ? 0 : wait;
}

/** Takes a token that is there. */
export function takeFrom(bucket: Bucket, rate: Rate, now: number): void {
  bucket.fullAt = Math.max(bucket.fullAt, now) + intervalOf(rate);
}

/** Whole calls that may be made at once. */
export function remaining({ fullAt }: Bucket, rate: Rate, now: number): number {
  const missing = Math.max(0, fullAt - now - TOLERANCE_MS) / intervalOf(rate);
  return Math.max(0, rate.burst - Math.ceil(missing));
}
