import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RequestKind } from "../domain/service.ts";
import { createDrainControl } from "./drain-control.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function controlled() {
  const ready: boolean[] = [];
  const seen: unknown[] = [];
  const control = createDrainControl({
    health: { setDraining: (draining) => void ready.push(!draining) },
    observer: {
      drainBegan: (event) => void seen.push(["began", event]),
      drained: ({ cut }) => void seen.push(["drained", cut]),
      drainEnded: () => void seen.push(["ended"]),
    },
  });
  const takes = () =>
    (["session", "stream", "call", "end"] as const).filter((kind) => {
      const presence = control.enter(kind);
      presence?.leave();
      return presence !== null;
    });
  /** A request of this kind, and whether it was told to end. */
  const request = (kind: RequestKind) => {
    const ended = vi.fn<() => void>();
    const presence = control.enter(kind)!;
    presence.onEnd(ended);
    return { leave: () => presence.leave(), ended };
  };
  return { control, ready, seen, takes, request };
}

const over = async (promise: Promise<void>): Promise<boolean> => {
  const open = Symbol("open");
  return (await Promise.race([promise, Promise.resolve(open)])) !== open;
};

describe("a drain [GTW-5]", () => {
  it("takes no sessions at once, no streams after the delay, and no calls when none runs any more", async () => {
    const { control, ready, seen, takes, request } = controlled();
    const call = request("call");
    const stream = request("stream");
    const { streamsEnded, drained } = control.begin({ timeoutMs: 30_000, delayMs: 2_000 });
    expect(ready).toEqual([false]);
    expect(takes()).toEqual(["stream", "call", "end"]);
    expect(control.status()).toMatchObject({ state: "draining", callsRunning: 1, streamsOpen: 1 });
    vi.advanceTimersByTime(1_999);
    expect([stream.ended.mock.calls.length, await over(streamsEnded)]).toEqual([0, false]);
    vi.advanceTimersByTime(1);
    expect([stream.ended.mock.calls.length, await over(streamsEnded)]).toEqual([1, true]);
    expect(takes()).toEqual(["call", "end"]);
    stream.leave();
    expect(await over(drained)).toBe(false);
    call.leave();
    expect(await over(drained)).toBe(true);
    expect(call.ended).not.toHaveBeenCalled();
    expect(takes()).toEqual(["end"]);
    expect(control.status()).toMatchObject({ state: "drained", cutAt: null, callsCut: 0 });
    expect(seen).toEqual([
      ["began", { timeoutMs: 30_000, calls: 1, streams: 1 }],
      ["drained", 0],
    ]);
    vi.advanceTimersByTime(60_000);
    expect(seen).toHaveLength(2);
  });

  it("cuts what still runs when its time is up, also what only then learns how to end", async () => {
    const { control, seen, request } = controlled();
    const call = request("call");
    const late = control.enter("call")!;
    const { drained } = control.begin({ timeoutMs: 1_000, delayMs: 0 });
    vi.advanceTimersByTime(1_000);
    expect(call.ended).toHaveBeenCalledOnce();
    const ended = vi.fn<() => void>();
    late.onEnd(ended);
    expect(ended).toHaveBeenCalledOnce();
    expect(await over(drained)).toBe(true);
    expect(control.status()).toMatchObject({ state: "drained", callsRunning: 2, callsCut: 2 });
    expect(seen.at(-1)).toEqual(["drained", 2]);
  });

  it("is over when it is ended: all is taken again, and nothing is cut later", async () => {
    const { control, ready, seen, takes, request } = controlled();
    const call = request("call");
    const stream = request("stream");
    const { drained } = control.begin({ timeoutMs: 1_000, delayMs: 500 });
    control.end();
    expect(ready).toEqual([false, true]);
    expect(takes()).toEqual(["session", "stream", "call", "end"]);
    vi.advanceTimersByTime(10_000);
    expect([call.ended, stream.ended].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
    expect(await over(drained)).toBe(false);
    expect(control.status()).toMatchObject({ state: "serving", since: null, cutAt: null });
    expect(seen.at(-1)).toEqual(["ended"]);
    control.end();
    expect(seen).toHaveLength(2);
    control.begin({ timeoutMs: 0, delayMs: 0 });
    vi.advanceTimersByTime(0);
    expect([call.ended, stream.ended].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  });

  it("that the process ends after is not ended, also where it was begun by an operator", () => {
    const { control, ready, takes } = controlled();
    control.begin({ timeoutMs: 60_000, delayMs: 0 });
    expect(control.end()).toBe(true);
    control.begin({ timeoutMs: 60_000, delayMs: 0 });
    control.begin({ timeoutMs: 60_000, delayMs: 0, final: true });
    expect(control.end()).toBe(false);
    expect(ready).toEqual([false, true, false]);
    expect(takes()).not.toContain("session");
    expect(control.status().state).toBe("draining");
  });

  it("can be brought forward by another one, and not put off", () => {
    const { control, request } = controlled();
    const call = request("call");
    control.begin({ timeoutMs: 60_000, delayMs: 0 });
    control.begin({ timeoutMs: 600_000, delayMs: 0 });
    control.begin({ timeoutMs: 5_000, delayMs: 0 });
    vi.advanceTimersByTime(4_999);
    expect(call.ended).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(call.ended).toHaveBeenCalledOnce();
  });

  it("ends streams also where its time is up before the balancers' is", () => {
    const { control, request } = controlled();
    const stream = request("stream");
    control.begin({ timeoutMs: 60_000, delayMs: 10_000 });
    control.begin({ timeoutMs: 0, delayMs: 0 });
    vi.advanceTimersByTime(0);
    expect(stream.ended).toHaveBeenCalledOnce();
    expect(control.status().state).toBe("drained");
    vi.advanceTimersByTime(10_000);
    expect(stream.ended).toHaveBeenCalledOnce();
  });
});
