import type { Rate } from "../domain/rate-limits.ts";

/** Buckets that all replicas share. */
export interface SharedBuckets {
  /** Takes one token out of each bucket, or of none. `null` when they cannot be asked. */
  take(limits: readonly { readonly key: string; readonly rate: Rate }[]): Promise<SharedTake | null>;
  /** Milliseconds until a bucket is full; `null` when it cannot be asked. */
  peek(key: string): Promise<number | null>;
  /** Fills a bucket. `false` when that could not be done. */
  forget(key: string): Promise<boolean>;
}

export interface SharedTake {
  /** Index of the limit to wait for the longest; `null` when a token of each was taken. */
  readonly reached: number | null;
  readonly retryAfterMs: number;
  /** Of each bucket, in the order of the limits: milliseconds until it is full. */
  readonly fullInMs: readonly number[];
}
