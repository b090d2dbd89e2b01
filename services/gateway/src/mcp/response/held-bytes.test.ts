import { expect, it } from "vitest";
import { createHeldBytes } from "./held-bytes.ts";

const never = new AbortController().signal;

/** Whether it has been granted by now. */
async function granted(pending: Promise<void>): Promise<boolean> {
  const later = Promise.resolve().then(() => Promise.resolve());
  return Promise.race([pending.then(() => true), later.then(() => false)]);
}

it("keeps what is beyond a caller's share waiting until another answer was taken", async () => {
  const held = createHeldBytes(100);
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

it("lets the oldest answer go on, so that none waits for one that waits itself", async () => {
  const held = createHeldBytes(100);
  const [first, second] = [held.open("a"), held.open("a")];
  await second.take(100, never);
  await first.take(500, never);
  const more = second.take(1, never);
  expect(await granted(more)).toBe(false);
  first.release();
  expect(await granted(more)).toBe(true);
});

it("ends the wait of a call that has ended, and takes nothing for it", async () => {
  const held = createHeldBytes(10);
  const [first, second] = [held.open("a"), held.open("a")];
  await first.take(10, never);
  const ended = new AbortController();
  const waiting = second.take(5, ended.signal);
  ended.abort(new Error("over"));
  await expect(waiting).rejects.toThrow("over");
  await expect(second.take(5, ended.signal)).rejects.toThrow("over");
  second.release();
  first.release();
  const [again] = [held.open("a")];
  await again.take(10, never);
});
