import { expect, it } from "vitest";
import { createIngestRateLimit } from "./rate-limit.ts";

const AT_ONCE = async () => undefined;

it("lets a tenant send a burst and then its rate, whatever another one sends, and takes nothing of what it refuses [SVC-1]", async () => {
  let now = 0;
  const limit = createIngestRateLimit({ eventsPerSecond: 10, burst: 100 }, null, null, () => now, AT_ONCE);
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

it("has no batch read at any replica for a second after a refusal at one [SVC-1]", async () => {
  let now = 0;
  const listeners: ((tenant: string) => void)[] = [];
  const refusals = {
    tell: (tenant: string) => listeners.forEach((listener) => listener(tenant)),
    onTold: (listener: (tenant: string) => void) => void listeners.push(listener),
  };
  const settings = { eventsPerSecond: 10, burst: 100 };
  const replica = () => createIngestRateLimit(settings, null, refusals, () => now, AT_ONCE);
  const [one, other] = [replica(), replica()];
  expect(await one.take("a", 101)).toBeGreaterThan(0);
  expect([await one.beforeReading("a"), await other.beforeReading("a")]).toEqual([1, 1]);
  expect(await other.beforeReading("b")).toBe(0);
  now = 1_000;
  expect([await one.beforeReading("a"), await other.beforeReading("a")]).toEqual([0, 0]);
});
