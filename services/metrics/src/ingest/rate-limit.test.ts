import { expect, it } from "vitest";
import { createIngestRateLimit } from "./rate-limit.ts";

it("lets a tenant send a burst and then its rate, whatever another one sends, and takes nothing of what it refuses [SVC-1]", async () => {
  let now = 0;
  const limit = createIngestRateLimit({ eventsPerSecond: 10, burst: 100 }, null, () => now);
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
