import { expect, it } from "vitest";
import { createIngestRateLimit } from "./rate-limit.ts";

const AT_ONCE = async () => undefined;

it("lets a tenant send a burst and then its rate, whatever another one sends, and takes nothing of what it refuses [SVC-1]", async () => {
  let now = 0;
  const limit = createIngestRateLimit({ eventsPerSecond: 10, burst: 100 }, null, () => now, AT_ONCE);
  expect(await limit.take("a", 100)).toBe(0);
  expect(await limit.take("a", 25)).toBe(3);
  expect(await limit.take("a", 1)).toBe(1);
  expect(await limit.take("b", 100)).toBe(0);
  now = 2_500;
  expect(await limit.take("a", 26)).toBe(1);
  expect(await limit.take("a", 25)).toBe(0);
  expect(await limit.take("a", 1)).toBe(1);
  now = 1_000_000;
  expect(await limit.take("a", 100)).toBe(0);
});

it("says a refusal late, and has no batch of the tenant read meanwhile, so that a flood costs others little [SVC-1]", async () => {
  let now = 0;
  const pauses: number[] = [];
  const limit = createIngestRateLimit(
    { eventsPerSecond: 10, burst: 100 },
    null,
    () => now,
    async (ms) => void pauses.push(ms),
  );
  expect(await limit.beforeReading("a")).toBe(0);
  expect(await limit.take("a", 101)).toBeGreaterThan(0);
  expect(pauses).toEqual([1_000]);
  expect(await limit.beforeReading("a")).toBe(1);
  expect(pauses).toEqual([1_000, 1_000]);
  expect(await limit.beforeReading("b")).toBe(0);
  // A small one of the tenant is not refused for what a large one asked.
  now = 1_000;
  expect(await limit.beforeReading("a")).toBe(0);
  expect(await limit.take("a", 1)).toBe(0);
  expect(pauses).toHaveLength(2);
});
