import { expect, it } from "vitest";
import type { Awaitable } from "../../domain/awaitable.ts";
import { createHeldBytes } from "./held-bytes.ts";

const never = new AbortController().signal;
const limits = (maxPerCaller: number, maxTotal = 1_000_000, always = 0) => ({
  maxPerCaller,
  maxTotal,
  always,
});

/** Whether it has been granted by now. */
async function granted(taking: Awaitable<void>): Promise<boolean> {
  const pending = Promise.resolve(taking);
  const later = Promise.resolve().then(() => Promise.resolve());
  return Promise.race([pending.then(() => true), later.then(() => false)]);
}

it("keeps what is beyond a caller's share waiting until another response was taken", async () => {
  const held = createHeldBytes(limits(100));
  // The oldest of all is another caller's.
  await held.open("z").take(1, never);
  const [first, second, third] = [held.open("a"), held.open("a"), held.open("a")];
  await first.take(60, never);
  await second.take(40, never);
  const more = second.take(1, never);
  expect(await granted(more)).toBe(false);
  expect(await granted(third.take(1, never))).toBe(false);
  // Another caller has a share of its own.
  await held.open("b").take(100, never);
  first.release();
  first.release();
  expect(await granted(more)).toBe(true);
});

it("lets a caller's oldest response go on, so that none waits for one that waits itself", async () => {
  const held = createHeldBytes(limits(100));
  await held.open("z").take(1, never);
  const [idle, first, second] = [held.open("a"), held.open("a"), held.open("a")];
  // What holds nothing is not the oldest.
  await idle.take(10, never);
  idle.give(10);
  await first.take(50, never);
  await second.take(50, never);
  await first.take(500, never);
  const more = second.take(1, never);
  expect(await granted(more)).toBe(false);
  first.release();
  expect(await granted(more)).toBe(true);
});

it("lets a caller hold no more than is free, so that the next one finds room", async () => {
  const held = createHeldBytes(limits(1_000, 1_000));
  const hog = held.open("hog");
  await held.open("z").take(1, never);
  await hog.take(499, never);
  const more = hog.take(2, never);
  expect(await granted(more)).toBe(false);
  const other = held.open("other");
  await other.take(250, never);
  expect(await granted(other.take(2, never))).toBe(false);
  expect(held.total).toBe(750);
  other.release();
  expect(await granted(more)).toBe(false);
});

it("always has room for the oldest response of all, and for a little of each caller", async () => {
  const held = createHeldBytes(limits(1_000, 1_000, 10));
  const [first, second] = [held.open("first"), held.open("second")];
  await first.take(990, never);
  await second.take(10, never);
  const more = second.take(1, never);
  expect(await granted(more)).toBe(false);
  await first.take(5_000, never);
  await held.open("third").take(10, never);
  first.release();
  expect(await granted(more)).toBe(true);
  expect(held.total).toBe(21);
});

it("ends the wait of a call that has ended, and takes nothing for it", async () => {
  const held = createHeldBytes(limits(10));
  await held.open("z").take(1, never);
  const [first, second] = [held.open("a"), held.open("a")];
  await first.take(10, never);
  const ended = new AbortController();
  const waiting = second.take(5, ended.signal);
  ended.abort(new Error("over"));
  await expect(waiting).rejects.toThrow("over");
  expect(() => second.take(5, ended.signal)).toThrow("over");
  second.release();
  await second.take(5, never);
  first.release();
  await held.open("a").take(10, never);
  expect(held.total).toBe(11);
});
