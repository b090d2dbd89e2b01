import { describe, expect, it } from "vitest";
import { remaining, takeFrom, waitFor, type Bucket } from "./token-bucket.ts";

/** Takes as many as there are at this time. */
function drain(bucket: Bucket, rate: Parameters<typeof takeFrom>[1], now: number): number {
  let taken = 0;
  while (waitFor(bucket, rate, now) === 0) {
    takeFrom(bucket, rate, now);
    taken += 1;
  }
  return taken;
}

describe("a token bucket [GTW-3]", () => {
  it.each([
    { requests: 3, periodMs: 1_000, burst: 3 },
    { requests: 7, periodMs: 1_000, burst: 20 },
    { requests: 1, periodMs: 86_400_000, burst: 1 },
    { requests: 1_000_000, periodMs: 60_000, burst: 1_000 },
    { requests: 10, periodMs: 333, burst: 1 },
  ])("gives $burst at once after a rest, then $requests in $periodMs ms", (rate) => {
    const start = 5_000;
    const bucket: Bucket = { fullAt: start };
    expect(remaining(bucket, rate, start)).toBe(rate.burst);
    expect(drain(bucket, rate, start)).toBe(rate.burst);
    expect(remaining(bucket, rate, start)).toBe(0);
    const interval = rate.periodMs / rate.requests;
    expect(waitFor(bucket, rate, start)).toBeCloseTo(interval, 2);
    // Not a moment before a token is there, and then one.
    expect(waitFor(bucket, rate, start + interval - Math.min(1, interval / 2))).toBeGreaterThan(0);
    expect(drain(bucket, rate, start + interval)).toBe(1);
    // In one more period as many as it says, and after any rest no more than the burst.
    const steps = Math.min(rate.requests, 5_000);
    let taken = 0;
    for (let step = 2; step <= steps + 1; step += 1) {
      taken += drain(bucket, rate, start + step * interval);
    }
    expect(taken).toBe(steps);
    expect(drain(bucket, rate, start + 1e9)).toBe(rate.burst);
  });
});
