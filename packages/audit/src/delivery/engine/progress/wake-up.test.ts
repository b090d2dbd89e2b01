import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { createWakeUp } from "./wake-up.ts";

it("leaves nothing behind with a signal that lives as long as the process", async () => {
  const wakeUp = createWakeUp();
  const { signal } = new AbortController();
  await wakeUp.wait(1, signal);
  const woken = wakeUp.wait(3_600_000, signal);
  wakeUp.wake();
  await woken;
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

it("ends with the signal, and at once where that is aborted or somebody called before", async () => {
  const wakeUp = createWakeUp();
  const aborter = new AbortController();
  const waiting = wakeUp.wait(3_600_000, aborter.signal);
  aborter.abort();
  await expect(waiting).resolves.toBeUndefined();
  await expect(wakeUp.wait(3_600_000, aborter.signal)).resolves.toBeUndefined();
  wakeUp.wake();
  await expect(wakeUp.wait(3_600_000)).resolves.toBeUndefined();
});
