import type { Budget } from "./types.ts";

/** A lease holds at most this part of each budget of its payer: one of a thousand. */
const PART = 1_000n;
/** None is given where less than this part of a budget would be left: one of twenty. */
const LEFT = 20n;
/** One that would not do for as many calls is not worth its row. */
const LEAST_CALLS = 8n;

/** The most that a lease may hold for calls to come, by the smallest of these budgets; 0 where it would do for too few calls. */
export function mostHeld(budgets: readonly Budget[], price: bigint): bigint {
  let most: bigint | null = null;
  for (const { limit } of budgets) {
    const part = limit / PART;
    most = most === null || part < most ? part : most;
  }
  return most !== null && most > 0n && most >= price * LEAST_CALLS ? most : 0n;
}

/** Whether a budget of which so much is spent or reserved is far from its limit, with `more` reserved. */
export function isFarFromLimit({ limit }: Budget, used: bigint, more: bigint): boolean {
  return limit - used - more >= limit / LEFT;
}
