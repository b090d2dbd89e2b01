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
  /** The innermost frame may be that of the clock, and a busy machine holds the loop up for other reasons, too. */
  const ran = ({ stack }: Stall): boolean =>
    stack?.some((frame) => /^holdUpTheLoop \(.*watch-stalls\.test\.ts\b.*:\d+\)$/.test(frame)) ?? false;
  // Until the thread that looks has come up, and seen it.
  await vi.waitFor(
    async () => {
      holdUpTheLoop(250);
      const told = stalls.length;
      await vi.waitFor(() => expect(stalls.length).toBeGreaterThan(told), { interval: 5 });
      expect(stalls.some(ran)).toBe(true);
    },
    { interval: 5 },
  );
  expect(stalls[0]).toMatchObject({ stack: null });
  const seen = stalls.find(ran);
  expect(seen?.ms).toBeGreaterThanOrEqual(100);
  expect(seen?.cpuMs).toBeGreaterThan(0);
});
