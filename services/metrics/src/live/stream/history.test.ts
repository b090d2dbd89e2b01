import { expect, it } from "vitest";
import { createHistory } from "./history.ts";

const entry = (seq: number) => ({ seq, ingested: { activity: seq, score: 1 }, at: 1_000 + seq });
const sumTo = (last: number) => (last * (last + 1)) / 2;

it("tells the sum of what was missed between any two positions that it keeps", () => {
  const history = createHistory("e", 10, { seq: 0, entries: [] });
  for (let seq = 1; seq <= 137; seq++) {
    expect(history.append(entry(seq))).toBe(true);
    for (let from = Math.max(0, seq - 10); from <= seq; from++) {
      for (let to = from; to <= seq; to++) {
        expect(history.since(from, to)).toEqual({
          ingested: { activity: sumTo(to) - sumTo(from), score: to - from },
          entries: to - from,
          oldestAt: from === to ? null : 1_001 + from,
        });
      }
    }
  }
});

it("says where more was missed than it keeps, and knows no future", () => {
  const history = createHistory("e", 3, { seq: 7, entries: [entry(6), entry(7)] });
  expect(history.since(5)).toMatchObject({ entries: 2 });
  expect(history.since(4)).toBeNull();
  expect(history.since(8)).toBeNull();
  expect(history.since(7, 6)).toBeNull();
});

it("takes no entry after a gap, and none twice", () => {
  const history = createHistory("e", 3, { seq: 7, entries: [] });
  expect(history.append(entry(9))).toBe(false);
  expect(history.append(entry(8))).toBe(true);
  expect(history.append(entry(8))).toBe(true);
  expect(history.since(7)).toMatchObject({ ingested: { activity: 8, score: 1 }, entries: 1 });
});
