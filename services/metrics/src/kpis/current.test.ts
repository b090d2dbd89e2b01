import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { TIME_WINDOW_MS, TIME_WINDOWS } from "../domain/kpis.ts";
import type { IngestEvent } from "../domain/ingest.ts";
import { insertEvents } from "../ingest/insert-events.ts";
import { eventKey } from "../ingest/event-key.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { createCurrentKpis } from "./current.ts";

const NOW = Date.UTC(2026, 10, 28, 12, 17, 5, 123);
let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
});
afterAll(() => opened.drop());

const activity = (id: string, user: string, occurredAt: number): IngestEvent => ({
  kind: "activity",
  key: eventKey(id),
  user,
  type: "login",
  occurredAt,
  attributes: null,
});
const scored = (id: string, score: number, occurredAt: number): IngestEvent => ({
  kind: "score",
  key: eventKey(id),
  user: "alice",
  role: null,
  team: null,
  score,
  occurredAt,
  attributes: null,
});

it("counts users to the millisecond of each window, of its own tenant alone [SVC-1] [SVC-2]", async () => {
  const kpis = createCurrentKpis(opened.database, () => NOW);
  const at = TIME_WINDOWS.flatMap((window) => {
    const edge = NOW - TIME_WINDOW_MS[window];
    return [
      activity(`${window}-out`, `${window}-out`, edge),
      activity(`${window}-in`, `${window}-in`, edge + 1),
    ];
  });
  await opened.database.asTenant("ingest", "acme", (tx) =>
    insertEvents(tx, "acme", [
      ...at,
      activity("now", "now", NOW),
      activity("again", "now", NOW - 10),
      activity("ahead", "ahead", NOW + 1),
      scored("s-1", 10, NOW),
      scored("s-2", 10.5, NOW),
      scored("s-3", 100, NOW - TIME_WINDOW_MS["1h"] + 1),
      scored("s-4", 50, NOW - TIME_WINDOW_MS["1h"]),
    ]),
  );
  await opened.database.asTenant("ingest", "globex", (tx) =>
    insertEvents(tx, "globex", [activity("g", "mallory", NOW), scored("g", 1, NOW)]),
  );
  expect(await kpis.current("acme")).toEqual({
    tenant: "acme",
    asOf: NOW,
    activeUsers: { "1h": 2, "24h": 4, "7d": 6 },
    events: 3,
    scores: { count: 3, mean: 120.5 / 3, classes: [1, 1, 0, 0, 0, 0, 0, 1] },
  });
  expect(await kpis.current("nothing")).toMatchObject({
    activeUsers: { "1h": 0, "24h": 0, "7d": 0 },
    events: 0,
    scores: { count: 0, mean: null, classes: [0, 0, 0, 0, 0, 0, 0, 0] },
  });
});
