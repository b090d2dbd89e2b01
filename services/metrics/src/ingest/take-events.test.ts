import { readJson, type Json } from "@sark/json";
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

it("takes attributes within their bytes as they are read again, with all digits of their numbers [SVC-1]", async () => {
  const work = createRightOfWay({ maxWaitMs: 0, shortMs: 0 }).longWork("acme");
  const event = (attributes: Json) => ({
    value: { kind: "activity", id: "e1", user_id: "alice", type: "commit", attributes },
  });
  const { value: huge } = readJson("9e999", { maxDepth: 1, maxValues: 1 });
  const items = [
    event({ n: Array.from({ length: 5 }, () => huge) }),
    event({ n: Array.from({ length: 3 }, () => huge) }),
    event({ deep: { n: Array.from({ length: 14 }, () => 1e-300) } }),
    event({ n: "9e999 ".repeat(600) }),
  ];
  const { events, refused } = await takeItems(items, NOW, BOUNDS, work);
  expect(refused.map(({ index, field }) => [index, field])).toEqual([
    [0, "attributes"],
    [2, "attributes"],
  ]);
  expect(events).toHaveLength(2);
});

it("counts a score in the class in which the database has it [SVC-1] [SVC-2]", async () => {
  const work = createRightOfWay({ maxWaitMs: 0, shortMs: 0 }).longWork("acme");
  const items = [10.000_000_001, 1e-320].map((score) => ({
    value: { kind: "score", id: `s-${score}`, user_id: "alice", score },
  }));
  const { events } = await takeItems(items, NOW, BOUNDS, work);
  expect(events.map((event) => event.kind === "score" && event.score)).toEqual([10, 0]);
});
