import { queryDatabase } from "@sark/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { SCORE_BOUNDS, TIME_WINDOW_MS, TIME_WINDOWS } from "../domain/kpis.ts";
import type { IngestEvent } from "../domain/ingest.ts";
import { insertEvents } from "../ingest/insert-events.ts";
import { eventKey } from "../ingest/event-key.ts";
import { rollUp } from "../rollups/roll-up.ts";
import { settle } from "../rollups/settle.ts";
import { MARK_AS_BEFORE } from "../rollups/testing/earlier-replica.ts";
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

/** At the edges of windows, hours and days, and around them. */
const moment = fc.constantFrom(
  NOW,
  Date.UTC(2026, 10, 28),
  Date.UTC(2026, 10, 28) - 1,
  Date.UTC(2026, 10, 28, 0, 20),
  Date.UTC(2026, 10, 28, 13),
  Date.UTC(2026, 10, 28, 12, 59, 59, 999),
);
const seen = fc.record({
  user: fc.constantFrom("alice", "bob", "carol", "dave"),
  value: fc.integer({ min: 0, max: 100 }),
  before: fc.oneof(fc.constantFrom(0, 1, 24, 168), fc.nat(200)),
  further: fc.constantFrom(-3_600_000, -600_000, -1, 0, 1, 600_000, 1_800_000, 3_599_999),
});
const part = fc.array(seen, { maxLength: 6 });

it("counts what the events say at any moment, whether they are rolled up, wait, are to be counted anew, or lie ahead [SVC-1] [SVC-2]", async () => {
  expect.hasAssertions();
  let tenants = 0;
  await fc.assert(
    fc.asyncProperty(moment, part, part, part, async (asOf, ...parts) => {
      const tenant = `any-${(tenants += 1)}`;
      const times = parts.map((of) =>
        of.map(({ user, value, before, further }) => ({
          user,
          value,
          at: asOf - before * 3_600_000 - further,
        })),
      );
      for (const [group, events] of times.entries()) {
        await opened.database.asTenant("ingest", tenant, (tx) =>
          insertEvents(
            tx,
            tenant,
            events.flatMap(({ user, at, value }, index) => [
              activity(`${group}-${index}`, user, at),
              scored(`${group}-${index}`, value, at),
            ]),
          ),
        );
        if (group === 0) {
          await opened.database.asPlatform("rollups", (tx) => rollUp(tx, tenant));
        } else if (group === 1) {
          await queryDatabase(opened.url, MARK_AS_BEFORE, [tenant]);
        }
      }
      const within = (ms: number) => times.flat().filter(({ at }) => at > asOf - ms && at <= asOf);
      const users = TIME_WINDOWS.map((window) => [
        window,
        new Set(within(TIME_WINDOW_MS[window]).map(({ user }) => user)).size,
      ]);
      const values = within(TIME_WINDOW_MS["1h"]).map(({ value }) => value);
      const sum = values.reduce((all, value) => all + value, 0);
      const classes = SCORE_BOUNDS.map((bound) => values.filter((value) => value <= bound).length);
      const { scores, ...current } = await createCurrentKpis(opened.database, () => asOf).current(tenant);
      expect(current).toMatchObject({ activeUsers: Object.fromEntries(users), events: values.length });
      expect(scores).toEqual({
        count: values.length,
        mean: values.length === 0 ? null : expect.closeTo(sum / values.length, 9),
        classes: classes.map((count, at) => count - (classes[at - 1] ?? 0)),
      });
    }),
    { numRuns: 60, seed: 13, endOnFailure: true },
  );
}, 120_000);

it("counts the whole hour in which a window begins where its events were deleted", async () => {
  const kpis = createCurrentKpis(opened.database, () => NOW);
  const begin = NOW - TIME_WINDOW_MS["7d"];
  const before = new Date(Math.ceil(begin / 3_600_000) * 3_600_000);
  await opened.database.asTenant("ingest", "deleted", (tx) =>
    insertEvents(tx, "deleted", [
      activity("same-hour", "alice", begin - 1),
      activity("earlier", "bob", begin - 3_600_000),
      activity("kept", "carol", begin + 3_600_000),
    ]),
  );
  await opened.database.asPlatform("retention", async (tx) => {
    await tx.query(
      "INSERT INTO metrics.retention_states (tenant_id, horizon, announced_at) VALUES ('deleted', $1, now())",
      [before],
    );
    await settle(tx, "deleted", before, 100);
  });
  expect((await kpis.current("deleted")).activeUsers).toEqual({ "1h": 0, "24h": 0, "7d": 2 });
});
