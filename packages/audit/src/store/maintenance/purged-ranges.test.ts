import { expect, it } from "vitest";
import type { SeqRange } from "../../signed-records/seq-range.ts";
import { joinPurged, MAX_RANGES } from "./purged-ranges.ts";

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
    unsigned: null,
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

it("passes on as unsigned what was not signed: the signature of a later record does not vouch for it [AUD-7]", () => {
  const forged = { seq: 70, said: { rows: 21, seq_ranges: [[40, 60]], all_ranges_named: true } };
  const first = joinPurged([[0, 9]], [], [forged]);
  const unsigned = { before: 71, seq_ranges: [[40, 60]], all_ranges_named: true, rows: 21 };
  expect(first).toMatchObject({ ranges: [[0, 9]], earlierRows: 0, unsigned });
  // And once more when that record goes itself.
  const later = joinPurged(
    [[61, 70]],
    [{ rows: 10, seq_ranges: first.ranges, all_ranges_named: true, unsigned }],
    [{ seq: 90, said: { rows: 3, seq_ranges: [[80, 81]], all_ranges_named: false } }],
  );
  expect(later).toMatchObject({
    ranges: [
      [0, 9],
      [61, 70],
    ],
    earlierRows: 10,
    unsigned: {
      before: 91,
      seq_ranges: [
        [40, 60],
        [80, 81],
      ],
      all_ranges_named: false,
      rows: 24,
    },
  });
});
