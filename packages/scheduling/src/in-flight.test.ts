import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { createInFlight } from "./in-flight.ts";

describe("what is in flight", () => {
  it("leaves in any order, once, and stands in the order in which it came", () => {
    const inFlight = createInFlight<string>();
    const a = inFlight.enter("a");
    const b = inFlight.enter("b");
    const c = inFlight.enter("c");
    const d = inFlight.enter("d");
    expect([inFlight.size, inFlight.first, inFlight.all()]).toEqual([4, "a", ["a", "b", "c", "d"]]);
    expect([inFlight.leave(b), inFlight.leave(b)]).toEqual([true, false]);
    expect(inFlight.all()).toEqual(["a", "c", "d"]);
    inFlight.leave(a);
    inFlight.leave(d);
    expect([inFlight.size, inFlight.first, inFlight.all()]).toEqual([1, "c", ["c"]]);
    inFlight.enter("e");
    inFlight.leave(c);
    expect([inFlight.size, inFlight.first]).toEqual([1, "e"]);
    inFlight.leave(inFlight.enter("f"));
    expect(inFlight.all()).toEqual(["e"]);
  });

  it("is empty when all have left", () => {
    const inFlight = createInFlight<number>();
    const places = [1, 2, 3].map((item) => inFlight.enter(item));
    places.forEach((place) => inFlight.leave(place));
    expect([inFlight.size, inFlight.first, inFlight.all()]).toEqual([0, undefined, []]);
  });

  it("leaves nothing behind that only a collection of the whole heap would find", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as (how: { type: "minor" | "major" }) => void;
    const inFlight = createInFlight<number[]>();
    let earlier = inFlight.enter([]);
    // Old by then, as what a service has from its start.
    collect({ type: "minor" });
    collect({ type: "minor" });
    collect({ type: "major" });
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < 20_000; count += 1) {
      const next = inFlight.enter(Array.from({ length: 200 }, (_, index) => index + count));
      inFlight.leave(earlier);
      earlier = next;
    }
    collect({ type: "minor" });
    collect({ type: "minor" });
    // What passed through it were 32 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4 * 1024 * 1024);
    inFlight.leave(earlier);
  });
});
