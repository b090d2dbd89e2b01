import { expect, it } from "vitest";
import { createRecordLimit } from "./record-limit.ts";

it("keeps so many of a kind in a window, and says with the next one how many it left out", () => {
  let time = 0;
  const limit = createRecordLimit({ max: 2, perMs: 100 }, () => time);
  const kept = () => limit.take("a");
  expect([kept(), kept(), kept(), kept()].map((taken) => taken.kept)).toEqual([true, true, false, false]);
  expect(limit.take("b")).toEqual({ kept: true, suppressed: 0 });
  time = 100;
  expect(kept()).toEqual({ kept: true, suppressed: 2 });
  expect(kept()).toEqual({ kept: true, suppressed: 0 });
});
