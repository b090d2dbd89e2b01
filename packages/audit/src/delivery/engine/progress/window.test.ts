import { describe, expect, it } from "vitest";
import { makeEvent } from "../../testing/events.ts";
import { createWindow } from "./window.ts";

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => makeEvent(from + at));

describe("createWindow", () => {
  it("moves only over what is settled without holes [SIEM-5]", () => {
    const window = createWindow(10);
    const [a, b] = [range(10, 13), range(13, 15)];
    window.add(a);
    window.add(b);
    window.deliver(b, "acknowledged");
    expect(window.progress()).toBeNull();
    window.deliver(a.slice(0, 1), "acknowledged");
    expect(window.progress()).toMatchObject({ from: 10, to: 11, acknowledged: 1 });
    window.quarantine(makeEvent(11), "bad");
    window.deliver(a.slice(2), "acknowledged");
    const progress = window.progress();
    expect(progress).toMatchObject({ from: 10, to: 15, acknowledged: 4, purged: 0 });
    expect(progress?.quarantined).toMatchObject([{ event: { seq: 11 }, reason: "bad" }]);
  });

  it("forgets what is written down, and bounds what it holds", () => {
    const window = createWindow(0);
    window.add(range(0, 4));
    expect(window.events).toBe(4);
    expect(window.bytes).toBe(range(0, 4).reduce((sum, { size }) => sum + size, 0));
    window.deliver(range(0, 2), "acknowledged");
    const progress = window.progress();
    expect(progress).toMatchObject({ to: 2 });
    if (progress !== null) {
      window.written(progress);
    }
    expect(window.events).toBe(2);
    expect(window.oldest()?.seq).toBe(2);
    expect(window.progress()).toBeNull();
    window.deliver(range(2, 4), "acknowledged");
    expect(window.progress()).toMatchObject({ from: 2, to: 4, acknowledged: 2 });
  });

  it("counts numbers that have no event any more, before, between and behind the others", () => {
    const window = createWindow(0);
    window.add([makeEvent(3), makeEvent(5)]);
    window.skipTo(9);
    expect(window.progress()).toMatchObject({ from: 0, to: 3, purged: 3, acknowledged: 0 });
    window.deliver([makeEvent(3), makeEvent(5)], "acknowledged");
    expect(window.progress()).toMatchObject({ from: 0, to: 9, acknowledged: 2, purged: 7 });
  });
});
