import { describe, expect, it } from "vitest";
import { measureGrowth, type Sample } from "./flatness.ts";

const MIB = 2 ** 20;

/** A run of 100 samples whose figures are these at each share of it. */
function run(figures: (share: number, at: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: 100 }, (_none, at) => ({
    atMs: at * 1_000,
    heap: 60 * MIB,
    memory: 200 * MIB,
    descriptors: 40,
    ...figures(at / 100, at),
  }));
}

const grown = (samples: Sample[]) =>
  measureGrowth(samples).flatMap(({ figure, flat }) => (flat ? [] : [figure]));

describe("what a soak calls flat", () => {
  it.each<[what: string, Sample[], string[]]>([
    ["figures that stay", run(() => ({})), []],
    [
      "a warm-up",
      run((share) => ({ heap: share < 0.2 ? 10 * MIB : 60 * MIB, descriptors: share < 0.2 ? 9 : 40 })),
      [],
    ],
    ["waves", run((_share, at) => ({ heap: (50 + 10 * Math.sin(at)) * MIB })), []],
    ["single peaks", run((_share, at) => ({ memory: (at % 17 === 0 ? 900 : 200) * MIB })), []],
    ["a leak of memory", run((share) => ({ heap: (60 + 30 * share) * MIB })), ["heap"]],
    ["one outside of the heap", run((share) => ({ memory: (200 + 200 * share) * MIB })), ["memory"]],
    [
      "a leak of descriptors",
      run((share) => ({ descriptors: 40 + Math.floor(40 * share) })),
      ["descriptors"],
    ],
  ])("%s", (_what, samples, expected) => {
    expect(grown(samples)).toEqual(expected);
  });

  it("is not told from a few samples", () => {
    expect(() => measureGrowth(run(() => ({})).slice(0, 10))).toThrow("too few");
  });
});
