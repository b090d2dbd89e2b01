import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { createFairQueue } from "./fair-queue.ts";

const UNBOUNDED = { atOnce: 1_000, perSource: 1_000, sliceMs: Number.POSITIVE_INFINITY };

/** Work that ends when told to. */
function held() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  return {
    begun,
    end: () => ends.splice(0).forEach((end) => end()),
    work: (name: string) => () =>
      new Promise<void>((resolve) => {
        begun.push(name);
        ends.push(resolve);
      }),
  };
}

it("begins at once what nothing stands before", () => {
  const queue = createFairQueue(UNBOUNDED);
  const { begun, work } = held();
  void queue.run("a", work("a1"));
  expect(begun).toEqual(["a1"]);
});

it("hands on results and errors", async () => {
  const queue = createFairQueue({ ...UNBOUNDED, atOnce: 1 });
  const both = [queue.run("a", async () => 1), queue.run("a", () => Promise.reject(new Error("no")))];
  expect(await Promise.allSettled(both)).toMatchObject([{ value: 1 }, { reason: { message: "no" } }]);
  expect(await queue.run("a", async () => 2)).toBe(2);
});

it("gives each source one turn after the other", async () => {
  const queue = createFairQueue({ ...UNBOUNDED, atOnce: 1 });
  const order: string[] = [];
  const work = (name: string) => queue.run(name.slice(0, 1), async () => void order.push(name));
  const names = ["a1", "a2", "a3", "a4", "b1", "b2", "c1"];
  await Promise.all(names.map(work));
  expect(order).toEqual(["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
});

it("lets one source have so much at once, and another go past it", async () => {
  const queue = createFairQueue({ ...UNBOUNDED, perSource: 2 });
  const { begun, work, end } = held();
  const all = ["a1", "a2", "a3", "b1"].map((name) => queue.run(name.slice(0, 1), work(name)));
  expect(begun).toEqual(["a1", "a2", "b1"]);
  expect(queue.waiting()).toBe(1);
  end();
  await Promise.all(all.slice(0, 2));
  await nextTurn();
  expect(begun).toEqual(["a1", "a2", "b1", "a3"]);
  end();
  await Promise.all(all);
  expect(queue.waiting()).toBe(0);
});

it("lets the event loop have its turn when a slice is spent", async () => {
  let now = 0;
  const queue = createFairQueue({ ...UNBOUNDED, sliceMs: 5, now: () => now });
  const perTurn: number[] = [];
  let inTurn = 0;
  const busy = async () => {
    now += 2;
    inTurn += 1;
  };
  const all = Promise.all(Array.from({ length: 10 }, () => queue.run("a", busy)));
  while (queue.waiting() > 0) {
    perTurn.push(inTurn);
    inTurn = 0;
    await nextTurn();
  }
  await all;
  perTurn.push(inTurn);
  expect(Math.max(...perTurn)).toBe(3);
});

it("runs what waited in the context of the one who asked", async () => {
  const context = new AsyncLocalStorage<string>();
  const queue = createFairQueue({ ...UNBOUNDED, atOnce: 1 });
  const seen = await Promise.all(
    ["a", "b", "c"].map((name) => context.run(name, () => queue.run("s", async () => context.getStore()))),
  );
  expect(seen).toEqual(["a", "b", "c"]);
});
