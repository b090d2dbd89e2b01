import { expect, it } from "vitest";
import { addSparse, createSparseBuckets, MAX_SPARSE_BUCKETS, runsOf } from "./sparse-buckets.ts";

function bucketsOf(values: readonly number[]) {
  const buckets = createSparseBuckets();
  for (const value of values) {
    addSparse(buckets, value);
  }
  return buckets;
}

const total = (side: ReadonlyMap<number, number>) =>
  [...side.values()].reduce((sum, count) => sum + count, 0);

it("counts each value in the bucket that it is in: above the end of the one before, up to its own [MET-7]", () => {
  for (const value of [1e-9, 0.003, 0.1, 0.999, 1, 1.0001, 1.09, 2, 3.7, 4, 1e6]) {
    const { schema, positive } = bucketsOf([value]);
    const [index] = [...positive.keys()];
    const end = (at: number) => 2 ** (at / 2 ** schema);
    expect(value).toBeLessThanOrEqual(end(index ?? Number.NaN));
    expect(value).toBeGreaterThan(end((index ?? Number.NaN) - 1));
  }
});

it("tells zero and what is below it from the rest [MET-7]", () => {
  const { zero, positive, negative } = bucketsOf([0, -0, 1e-300, -1e-300, -2, 2, 2]);
  expect(zero).toBe(4);
  expect([...negative]).toEqual([[8, 1]]);
  expect([...positive]).toEqual([[8, 2]]);
});

it("has no more buckets than it may, wider ones in place of them, and loses no value [MET-12]", () => {
  const values = Array.from({ length: 5_000 }, (_, at) => 1.03 ** (at - 2_500) * (at % 3 === 0 ? -1 : 1));
  const extremes = [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE];
  const { schema, zero, positive, negative } = bucketsOf([...values, ...extremes]);
  expect(positive.size + negative.size).toBeLessThanOrEqual(MAX_SPARSE_BUCKETS);
  expect(schema).toBeLessThan(3);
  expect(zero + total(positive) + total(negative)).toBe(5_003);
  // As if they had been counted in the wider buckets from the first on.
  const again = { ...createSparseBuckets(), schema };
  for (const value of [...values, ...extremes]) {
    addSparse(again, value);
  }
  expect(new Map(again.positive)).toEqual(positive);
  expect(new Map(again.negative)).toEqual(negative);
});

it("writes buckets that follow each other in one run, and how many are left out between two [MET-7]", () => {
  const side = new Map([
    [5, 1],
    [-2, 3],
    [-1, 4],
    [6, 2],
    [12, 9],
  ]);
  expect(runsOf(side)).toEqual([
    { offset: -2, counts: [3, 4] },
    { offset: 5, counts: [1, 2] },
    { offset: 5, counts: [9] },
  ]);
  expect(runsOf(new Map())).toEqual([]);
});
