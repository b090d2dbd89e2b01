import { expect, it } from "vitest";
import { backoffMs } from "./backoff.ts";

const settings = { baseMs: 100, maxMs: 1_000 };
const highest = (failures: number) => backoffMs(failures, settings, () => 1);

it("doubles with each failure, up to its bound", () => {
  expect([1, 2, 3, 4, 5, 50].map(highest)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});

it("has full jitter: any time between 0 and the wait", () => {
  expect(backoffMs(3, settings, () => 0)).toBe(0);
  expect(backoffMs(3, settings, () => 0.5)).toBe(200);
  const times = Array.from({ length: 200 }, () => backoffMs(3, settings));
  expect(Math.max(...times)).toBeLessThanOrEqual(400);
  expect(new Set(times).size).toBeGreaterThan(100);
});

it("waits exactly where there is no jitter", () => {
  const exact = { ...settings, jitter: "none" } as const;
  expect([1, 2, 5].map((failures) => backoffMs(failures, exact, () => 0.5))).toEqual([100, 200, 1_000]);
});

it("grows by the factor that is given", () => {
  const tenfold = { baseMs: 1, maxMs: 500, factor: 10, jitter: "none" } as const;
  expect([1, 2, 3, 4].map((failures) => backoffMs(failures, tenfold))).toEqual([1, 10, 100, 500]);
});

it("does not wait before the first failure, nor without a base", () => {
  expect([0, -1, Number.NaN].map(highest)).toEqual([0, 0, 0]);
  expect(backoffMs(5_000, { baseMs: 0, maxMs: 1_000 })).toBe(0);
});

it("is bounded after any number of failures", () => {
  expect([2_000, Number.MAX_SAFE_INTEGER, Infinity].map(highest)).toEqual([1_000, 1_000, 1_000]);
});
