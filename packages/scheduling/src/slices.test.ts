import { expect, it } from "vitest";
import { eachInSlices, mapInSlices } from "./slices.ts";

/** Takes the thread for as long. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    // Nothing else runs.
  }
}

it("maps in order, and the event loop has a turn after each item that takes a slice", async () => {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 0);
  const mapped = await mapInSlices([1, 2, 3, 4, 5, 6], (item) => {
    work(2);
    return item * 2;
  });
  clearInterval(timer);
  expect(mapped).toEqual([2, 4, 6, 8, 10, 12]);
  expect(turns).toBeGreaterThanOrEqual(4);
});

it("leaves out what leaves the set meanwhile, and hands on what the work throws", async () => {
  const items = new Set(["a", "b", "c"]);
  const seen: string[] = [];
  await eachInSlices(items, (item) => {
    seen.push(item);
    items.delete("b");
    work(2);
  });
  expect(seen).toEqual(["a", "c"]);
  const broken = eachInSlices(["a"], () => {
    throw new Error("no");
  });
  await expect(broken).rejects.toThrow("no");
});
