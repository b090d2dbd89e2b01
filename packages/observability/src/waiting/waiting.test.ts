import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { wait } from "./wait.ts";
import { waitUntil } from "./wait-until.ts";
import { createWakeUp } from "./wake-up.ts";
import { within } from "./within.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => {
  // Nothing is left to fire, whichever way a wait ended.
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** What a promise has come to by now. */
async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  return Promise.race([promise, nextTurn("waiting")]);
}

function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const add = vi.spyOn(signal, "addEventListener");
  const remove = vi.spyOn(signal, "removeEventListener");
  return { controller, signal, listeners: () => add.mock.calls.length - remove.mock.calls.length };
}

describe("wait", () => {
  it("resolves to true when the time is over, and not before", async () => {
    const waiting = wait(100);
    await vi.advanceTimersByTimeAsync(99);
    expect(await stateOf(waiting)).toBe("waiting");
    await vi.advanceTimersByTimeAsync(1);
    expect(await waiting).toBe(true);
  });

  it.each([0, -5, Number.NaN])("ends in the next turn after %d ms", async (milliseconds) => {
    const waiting = wait(milliseconds);
    expect(await stateOf(waiting)).toBe("waiting");
    await vi.advanceTimersByTimeAsync(1);
    expect(await waiting).toBe(true);
  });

  it.each([2 ** 31, 30 * 86_400_000])(
    "keeps a duration that is too long for one timer: %d ms",
    async (ms) => {
      const waiting = wait(ms);
      await vi.advanceTimersByTimeAsync(ms - 1);
      expect(await stateOf(waiting)).toBe("waiting");
      await vi.advanceTimersByTimeAsync(1);
      expect(await waiting).toBe(true);
    },
  );

  it("waits for the signal alone when there is no end", async () => {
    const controller = new AbortController();
    const waiting = wait(Infinity, { signal: controller.signal });
    await vi.advanceTimersByTimeAsync(2 ** 33);
    expect(await stateOf(waiting)).toBe("waiting");
    controller.abort();
    expect(await waiting).toBe(false);
  });

  it("resolves to false at once when the signal is aborted, and leaves no listener", async () => {
    const { controller, signal, listeners } = countedSignal();
    const waiting = wait(1_000, { signal });
    expect(listeners()).toBe(1);
    controller.abort(new Error("no error comes of it"));
    expect(await waiting).toBe(false);
    expect(listeners()).toBe(0);
    expect(await wait(1_000, { signal })).toBe(false);
    expect(listeners()).toBe(0);
  });

  it("leaves no listener when the time is over", async () => {
    const { signal, listeners } = countedSignal();
    const waiting = wait(10, { signal });
    await vi.advanceTimersByTimeAsync(10);
    expect(await waiting).toBe(true);
    expect(listeners()).toBe(0);
  });
});

describe("waitUntil", () => {
  it("looks again until the condition holds", async () => {
    let looks = 0;
    const waiting = waitUntil(async () => (looks += 1) === 3, { everyMs: 10 });
    await vi.advanceTimersByTimeAsync(19);
    expect([await stateOf(waiting), looks]).toEqual(["waiting", 2]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await waiting).toBe(true);
  });

  it("gives up when the signal is aborted", async () => {
    const controller = new AbortController();
    const waiting = waitUntil(() => false, { everyMs: 10_000, signal: controller.signal });
    await stateOf(waiting);
    controller.abort();
    expect(await waiting).toBe(false);
    const look = vi.fn<() => boolean>(() => true);
    expect(await waitUntil(look, { everyMs: 1, signal: controller.signal })).toBe(false);
    expect(look).not.toHaveBeenCalled();
  });

  it("rejects as the condition does", async () => {
    const failure = new Error("no such file");
    await expect(waitUntil(() => Promise.reject(failure), { everyMs: 1 })).rejects.toBe(failure);
  });
});

describe("within", () => {
  it("gives what the work comes to", async () => {
    expect(await within(100, Promise.resolve(7), "late")).toBe(7);
    const failure = new Error("broken");
    await expect(within(100, Promise.reject(failure), "late")).rejects.toBe(failure);
  });

  it("gives `late` when the work takes longer, and takes its later failure", async () => {
    const unhandled = vi.fn<() => void>();
    process.on("unhandledRejection", unhandled);
    const { promise, reject } = Promise.withResolvers<never>();
    const waiting = within(100, promise, "late");
    await vi.advanceTimersByTimeAsync(100);
    expect(await waiting).toBe("late");
    reject(new Error("too late to matter"));
    await nextTurn();
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe("a wake-up", () => {
  it("ends after its time", async () => {
    const waiting = createWakeUp().wait(100);
    await vi.advanceTimersByTimeAsync(99);
    expect(await stateOf(waiting)).toBe("waiting");
    await vi.advanceTimersByTimeAsync(1);
    expect(await stateOf(waiting)).toBeUndefined();
  });

  it("ends when it is woken, which ends no further wait", async () => {
    const wakeUp = createWakeUp();
    const first = wakeUp.wait(1_000);
    wakeUp.wake();
    expect(await stateOf(first)).toBeUndefined();
    const second = wakeUp.wait(100);
    expect(await stateOf(second)).toBe("waiting");
    await vi.advanceTimersByTimeAsync(100);
    await second;
  });

  it("ends the next wait at once when it was woken before, however often", async () => {
    const wakeUp = createWakeUp();
    wakeUp.wake();
    wakeUp.wake();
    expect(await stateOf(wakeUp.wait(1_000))).toBeUndefined();
    const second = wakeUp.wait(100);
    expect(await stateOf(second)).toBe("waiting");
    wakeUp.wake();
    await second;
  });

  it("ends when the signal is aborted, and leaves no listener", async () => {
    const { controller, signal, listeners } = countedSignal();
    const wakeUp = createWakeUp();
    const first = wakeUp.wait(100, signal);
    await vi.advanceTimersByTimeAsync(100);
    await first;
    expect(listeners()).toBe(0);
    const second = wakeUp.wait(1_000, signal);
    controller.abort();
    expect(await stateOf(second)).toBeUndefined();
    expect(listeners()).toBe(0);
    expect(await stateOf(wakeUp.wait(1_000, signal))).toBeUndefined();
  });
});
