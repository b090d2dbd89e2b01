import { expect, it, onTestFinished, vi } from "vitest";
import { watchStalls, type Stall } from "./watch-stalls.ts";

function holdUpTheLoop(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    // Nothing else runs.
  }
}

it("tells of a stall when it is over, and of later ones what ran in them [LOG-4]", async () => {
  const stalls: Stall[] = [];
  const watch = watchStalls({ slowerThanMs: 100, onStall: (stall) => stalls.push(stall) });
  onTestFinished(() => watch.close());
  /** One is held up until the thread that looks has come up, and seen it. */
  await vi.waitFor(
    async () => {
      holdUpTheLoop(250);
      const told = stalls.length;
      await vi.waitFor(() => expect(stalls.length).toBeGreaterThan(told), { interval: 5 });
      expect(stalls.at(-1)?.stack).not.toBeNull();
    },
    { interval: 5, timeout: 60_000 },
  );
  const [first] = stalls;
  expect(first).toMatchObject({ stack: null });
  const last = stalls.at(-1);
  expect(last?.ms).toBeGreaterThanOrEqual(100);
  expect(last?.cpuMs).toBeGreaterThan(0);
  expect(last?.stack?.[0]).toMatch(/^holdUpTheLoop \(.*watch-stalls\.test\.ts:\d+\)$/);
});
