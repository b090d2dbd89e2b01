import { setImmediate as turn } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { againAndAgain } from "./again-and-again.ts";

it("does it so many times at once, again and again, and no more once it is stopped", async () => {
  const doing = vi.fn<() => Promise<void>>(() => Promise.resolve());
  const stopped = againAndAgain(doing, 3, 0);
  expect(doing).toHaveBeenCalledTimes(3);
  await vi.waitFor(() => expect(doing.mock.calls.length).toBeGreaterThan(9));
  stopped.abort();
  await turn();
  const times = doing.mock.calls.length;
  await turn();
  expect(doing).toHaveBeenCalledTimes(times);
});

it("is no fault where what it did is cut off after it was stopped", async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  const unhandled = vi.fn<() => void>();
  process.once("unhandledRejection", unhandled);
  const stopped = againAndAgain(() => promise, 1, 0);
  stopped.abort();
  reject(new Error("the database ended"));
  await turn();
  await turn();
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
