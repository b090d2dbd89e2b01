import { createRightOfWay } from "@sark/scheduling";
import { expect, it } from "vitest";
import { takeItems } from "./take-events.ts";

const NOW = Date.parse("2026-11-28T12:00:00Z");
const BOUNDS = { maxAgeMs: 86_400_000, maxAheadMs: 60_000, notBefore: 0 };

it("takes the other events of a batch where one has no text in the place of one [SVC-1]", async () => {
  const good = {
    kind: "activity",
    id: "e1",
    user_id: "alice",
    type: "commit",
    occurred_at: "2026-11-28T11:00:00Z",
  };
  const work = createRightOfWay({ maxWaitMs: 0, shortMs: 0 }).longWork("acme");
  const before = await takeItems([{ value: good }], NOW, BOUNDS, work);
  expect(before.refused).toEqual([]);
  const odd = [{ valueOf: 1, toString: 1 }, Object.create(null) as unknown].map((length) => ({
    value: { ...good, user_id: { length } },
  }));
  const { events, refused } = await takeItems([{ value: good }, ...odd, { value: good }], NOW, BOUNDS, work);
  expect(events).toEqual([...before.events, ...before.events]);
  expect(refused).toEqual([
    { index: 1, code: "invalid", field: "user_id", message: expect.any(String) },
    { index: 2, code: "invalid", field: "user_id", message: expect.any(String) },
  ]);
});
