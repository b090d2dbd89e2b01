import { expect, it } from "vitest";
import { joinPurged, MAX_RANGES, type SeqRange } from "./purged-ranges.ts";

it("joins what is dropped with what the dropped records tell of [AUD-3] [AUD-7]", () => {
  const earlier = [
    { rows: 10, seq_ranges: [[0, 9]], all_ranges_named: true },
    { rows: 5, earlier_rows: 20, seq_ranges: [[30, 34], "x", [9, 3]], all_ranges_named: true },
    {},
  ];
  const own = [
    [10, 12],
    [20, 22],
  ] as const;
  expect(joinPurged(own, earlier)).toEqual({
    ranges: [
      [0, 12],
      [20, 22],
      [30, 34],
    ],
    isPartial: false,
    earlierRows: 35,
  });
  expect(joinPurged(own, [{ rows: 1, all_ranges_named: false }])).toMatchObject({ isPartial: true });
});

it("names the largest where there are more than a record takes [AUD-3] [AUD-7]", () => {
  const single = Array.from({ length: MAX_RANGES }, (_, index): SeqRange => [index * 2, index * 2]);
  expect(joinPurged(single, [])).toMatchObject({ isPartial: false, ranges: single });
  const { ranges, isPartial } = joinPurged([...single, [1_000, 1_999]], []);
  expect(isPartial).toBe(true);
  expect(ranges).toHaveLength(MAX_RANGES);
  expect(ranges.at(-1)).toEqual([1_000, 1_999]);
});
