import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createOpenServerRequests } from "../calls/open-server-requests.ts";
import { startIdleClock } from "./idle-clock.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

const SESSION = { key: "session", exclusive: true };

/** Silence of 100 ms, 1,000 ms in all. */
function start() {
  const serverRequests = createOpenServerRequests();
  const expired = vi.fn<() => void>();
  const excusedUntil = () => serverRequests.excusedUntil(SESSION);
  const clock = startIdleClock({ idleMs: 100, endsAt: performance.now() + 1_000, excusedUntil }, expired);
  const after = async (ms: number) => {
    vi.advanceTimersByTime(ms);
    // The clock lets what has arrived be read before it runs out.
    await setImmediate();
    return expired.mock.calls.length;
  };
  return { serverRequests, clock, after };
}

describe("the time that a server may take", () => {
  it("ends after a silence, once", async () => {
    const { after } = start();
    expect([await after(99), await after(1), await after(5_000)]).toEqual([0, 1, 1]);
  });

  it("begins anew with each word of it, up to a maximum", async () => {
    const { clock, after } = start();
    for (let step = 0; step < 12; step += 1) {
      clock.touch();
      expect(await after(80)).toBe(0);
    }
    clock.touch();
    expect([await after(39), await after(1)]).toEqual([0, 1]);
  });

  it("stands still while a request of the server is open, and begins anew with the client's response", async () => {
    const { serverRequests, after } = start();
    await after(50);
    serverRequests.opened(SESSION, "q");
    expect(await after(400)).toBe(0);
    serverRequests.closed(SESSION, "q");
    expect([await after(99), await after(1)]).toEqual([0, 1]);
  });

  it("stands still until the last request of the server has its response, and no longer than the maximum", async () => {
    const { serverRequests, after } = start();
    serverRequests.opened(SESSION, 1);
    serverRequests.opened(SESSION, "1");
    serverRequests.closed(SESSION, 1);
    expect([await after(999), await after(1)]).toEqual([0, 1]);
  });

  it("is not excused by questions of others, by unknown responses, or where nothing tells sessions apart", async () => {
    const { serverRequests, after } = start();
    serverRequests.opened({ key: "other", exclusive: true }, "q");
    serverRequests.opened({ key: "session", exclusive: false }, "q");
    await after(50);
    serverRequests.closed(SESSION, "q");
    expect([await after(49), await after(1)]).toEqual([0, 1]);
  });

  it("is not over when a word of the server has arrived, but could not be read in time", async () => {
    const { clock, after } = start();
    // Runs after the clock has looked, as the reading of what has arrived does when a process stood still.
    setTimeout(() => clock.touch(), 100);
    expect([await after(100), await after(99), await after(1)]).toEqual([0, 0, 1]);
  });

  it("does not run on when it is stopped", async () => {
    const { clock, after } = start();
    clock.stop();
    expect(await after(5_000)).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("requests of servers that are open", () => {
  it("are remembered in a bounded number", async () => {
    const serverRequests = createOpenServerRequests();
    for (let id = 0; id < 1_000; id += 1) {
      serverRequests.opened(SESSION, id);
    }
    for (let id = 936; id < 1_000; id += 1) {
      serverRequests.closed(SESSION, id);
    }
    vi.advanceTimersByTime(10);
    expect(serverRequests.excusedUntil(SESSION)).toBeLessThan(performance.now());
    for (let session = 0; session < 10_000; session += 1) {
      serverRequests.opened({ key: `s${session}`, exclusive: true }, 1);
    }
    expect(serverRequests.excusedUntil(SESSION)).toBe(Number.NEGATIVE_INFINITY);
  });
});
