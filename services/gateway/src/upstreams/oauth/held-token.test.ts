import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createHeldToken } from "./held-token.ts";
import type { IssuedToken } from "./token-response.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

/** Tokens `t1`, `t2`, … of this lifetime; `fail` makes the next ones fail. */
function source(lifetimeMs: number | null) {
  let count = 0;
  const state = { fails: false };
  const fetch = vi.fn<() => Promise<IssuedToken>>(async () => {
    count += 1;
    if (state.fails) {
      throw new Error(`failure ${count}`);
    }
    return { value: `t${count}`, lifetimeMs };
  });
  return { fetch, state };
}

describe("a held token", () => {
  it("is fetched once for all who ask at the same time, and used until shortly before it expires", async () => {
    const { fetch } = source(3_600_000);
    const held = createHeldToken();
    expect(await Promise.all([held.get(fetch), held.get(fetch), held.get(fetch)])).toEqual([
      "t1",
      "t1",
      "t1",
    ]);
    vi.advanceTimersByTime(3_600_000 - 30_001);
    expect(await held.get(fetch)).toBe("t1");
    vi.advanceTimersByTime(2);
    expect(await held.get(fetch)).toBe("t2");
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it.each([
    ["no lifetime", null, 60_000],
    ["a short lifetime", 1_000, 1_000],
  ])("with %s is not used beyond it", async (_what, lifetimeMs, lastsMs) => {
    const { fetch } = source(lifetimeMs);
    const held = createHeldToken();
    await held.get(fetch);
    vi.advanceTimersByTime(lastsMs * 0.89);
    expect(await held.get(fetch)).toBe("t1");
    vi.advanceTimersByTime(lastsMs * 0.11);
    expect(await held.get(fetch)).toBe("t2");
  });

  it("of no time at all serves those who asked, and the next ask again", async () => {
    const { fetch } = source(0);
    const held = createHeldToken();
    expect(await held.get(fetch)).toBe("t1");
    expect(await held.get(fetch)).toBe("t2");
  });

  it("is not fetched anew where another one would be used no longer", async () => {
    const { fetch } = source(3_600_000);
    const held = createHeldToken(performance.now() + 60_000);
    for (let second = 0; second < 60; second++) {
      expect(await held.get(fetch)).toBe("t1");
      vi.advanceTimersByTime(1_000);
    }
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it("is not used when what it was exchanged for has expired", async () => {
    const { fetch } = source(3_600_000);
    const held = createHeldToken(performance.now() + 5_000);
    expect(await held.get(fetch)).toBe("t1");
    vi.advanceTimersByTime(5_000);
    expect(await held.get(fetch)).toBe("t2");
  });

  it("serves on while it is valid and another one cannot be had, then fails, and is asked for less and less", async () => {
    const { fetch, state } = source(600_000);
    const held = createHeldToken();
    await held.get(fetch);
    state.fails = true;
    vi.advanceTimersByTime(575_000);
    expect(await held.get(fetch)).toBe("t1");
    expect(await held.get(fetch)).toBe("t1");
    expect(fetch).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(25_000);
    await expect(held.get(fetch)).rejects.toThrow("failure 3");
    vi.advanceTimersByTime(1_999);
    await expect(held.get(fetch)).rejects.toThrow("failure 3");
    state.fails = false;
    vi.advanceTimersByTime(1);
    expect(await held.get(fetch)).toBe("t4");
  });

  it("is replaced when the server refused it, though not one that was fetched a moment ago", async () => {
    const { fetch } = source(3_600_000);
    const held = createHeldToken();
    await held.get(fetch);
    expect(await held.replace("t1", fetch)).toBeNull();
    vi.advanceTimersByTime(10_000);
    // Calls that were refused together get one token.
    expect(await Promise.all([held.replace("t1", fetch), held.replace("t1", fetch)])).toEqual(["t2", "t2"]);
    expect(await held.replace("t1", fetch)).toBe("t2");
    expect(await held.replace("t2", fetch)).toBeNull();
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it("is none of another name: an endpoint that gives the refused one again changes nothing", async () => {
    const held = createHeldToken();
    const same = async () => ({ value: "same", lifetimeMs: 3_600_000 });
    await held.get(same);
    vi.advanceTimersByTime(10_000);
    expect(await held.replace("same", same)).toBeNull();
  });
});
