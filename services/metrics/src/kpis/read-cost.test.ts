import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { rollUp } from "../rollups/roll-up.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { createActivityQueries } from "./activity.ts";
import { createCurrentKpis } from "./current.ts";
import type { TenantDatabase } from "./query.ts";
import { createScoreQueries } from "./scores.ts";
import { createTopUserQueries } from "./top-users.ts";

// What a query reads is counted, which does not depend on how busy the machine is.

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 28, 12, 40);
const END = Date.UTC(2026, 10, 28, 13);
const USERS = 1_500;

let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  await opened.database.asPlatform("rollups", async (tx) => {
    // 30 events and scores of each user, over three days: 720 in an hour.
    await tx.query(
      `INSERT INTO metrics.activity_events (tenant_id, event_key, user_id, activity_type, occurred_at)
       SELECT 'big', gen_random_uuid(), 'user-' || e % $2, 'login', $1::timestamptz - e * interval '5 seconds'
       FROM generate_series(1, 30 * $2::int) AS e`,
      [new Date(NOW), USERS],
    );
    await tx.query(
      `INSERT INTO metrics.productivity_scores (tenant_id, event_key, user_id, user_role, score, occurred_at)
       SELECT 'big', gen_random_uuid(), 'user-' || e % $2, 'role-' || e % 4, e % 100, $1::timestamptz - e * interval '5 seconds'
       FROM generate_series(1, 30 * $2::int) AS e`,
      [new Date(NOW), USERS],
    );
    await tx.query(
      `INSERT INTO metrics.rollup_marks (tenant_id, kind, hour)
       SELECT DISTINCT 'big', k, date_trunc('hour', occurred_at, 'UTC') FROM metrics.activity_events, unnest(ARRAY['activity', 'score']) k`,
    );
    await rollUp(tx, "big");
  });
  await opened.database.asPlatform("rollups", (tx) => tx.query("COMMIT; ANALYZE; BEGIN"));
});
afterAll(() => opened.drop());

interface Plan extends Record<string, unknown> {
  readonly Plans?: readonly Plan[];
}

/** A database that notes what each statement reads. */
function counting() {
  const read = {
    statements: 0,
    blocks: 0,
    rows: new Map<string, number>(),
    scans: new Map<string, number>(),
  };
  function count(plan: Plan) {
    const [table, loops] = [String(plan["Relation Name"]), Number(plan["Actual Loops"])];
    read.rows.set(table, (read.rows.get(table) ?? 0) + Number(plan["Actual Rows"]) * loops);
    read.scans.set(table, (read.scans.get(table) ?? 0) + loops);
    plan.Plans?.forEach(count);
  }
  const database: TenantDatabase = {
    asTenant: (type, tenant, work) =>
      opened.database.asTenant(type, tenant, (tx) =>
        work({
          query: async (text: string, values: unknown[]) => {
            const explained = await tx.query<{ "QUERY PLAN": readonly [{ readonly Plan: Plan }] }>(
              `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${text}`,
              values,
            );
            const plan = explained.rows[0]?.["QUERY PLAN"][0].Plan ?? {};
            read.statements += 1;
            read.blocks += Number(plan["Shared Hit Blocks"]) + Number(plan["Shared Read Blocks"]);
            count(plan);
            return tx.query(text, values);
          },
        } as unknown as typeof tx),
      ),
  };
  return { database, read };
}

const SPAN = { from: END - 7 * 24 * HOUR_MS, to: END };
const ALL = { span: SPAN, groupBy: "role", filter: { role: null, team: null } } as const;
const PAGE = { after: null, limit: 101 };

it.each<[string, (database: TenantDatabase) => Promise<unknown>]>([
  ["activity", (database) => createActivityQueries(database).trend("big", SPAN, "day", PAGE)],
  ["all activity", (database) => createActivityQueries(database).total("big", SPAN)],
  ["scores", (database) => createScoreQueries(database).distribution("big", ALL, PAGE)],
  [
    "the trend of scores",
    (database) => createScoreQueries(database).trend("big", { ...ALL, interval: "day" }, PAGE),
  ],
  [
    "a comparison",
    (database) => createScoreQueries(database).compare("big", { ...ALL, baseline: SPAN }, PAGE),
  ],
  ["top users", (database) => createTopUserQueries(database).top("big", { ...ALL, by: "events" }, PAGE)],
])("reads no event for %s of whole hours [SVC-1]", async (_what, ask) => {
  const { database, read } = counting();
  await ask(database);
  expect(read.statements).toBeGreaterThan(0);
  expect([read.scans.get("activity_events") ?? 0, read.scans.get("productivity_scores") ?? 0]).toEqual([
    0, 0,
  ]);
});

it("reads no user's rows for trends, nor for scores by role [SVC-1]", async () => {
  const { database, read } = counting();
  const hours = { from: END - 60 * HOUR_MS, to: END };
  const points = await createActivityQueries(database).trend("big", hours, "hour", {
    after: null,
    limit: 50,
  });
  expect(points).toHaveLength(50);
  const scores = createScoreQueries(database);
  await scores.trend("big", { ...ALL, span: hours, interval: "hour" }, PAGE);
  await scores.distribution("big", ALL, PAGE);
  const days = await createActivityQueries(database).trend(
    "big",
    { from: END - 61 * HOUR_MS, to: END },
    "day",
    PAGE,
  );
  expect(days.length).toBeGreaterThan(1);
  const rows = ["activity_hours", "activity_days", "score_hours", "score_days"].map(
    (table) => read.rows.get(table) ?? 0,
  );
  expect(rows).toEqual([0, 0, 0, 0]);
});

it("reads of events for the current KPIs those near the bounds of their windows, and goes through no user's [SVC-1]", async () => {
  const { database, read } = counting();
  const { events } = await createCurrentKpis(database, () => NOW).current("big");
  expect(events).toBe(719);
  expect(read.rows.get("activity_events")).toBeLessThan(2 * 720);
  // Those of twenty minutes of the hour before.
  expect(read.rows.get("productivity_scores")).toBeLessThan(300);
  expect(read.blocks).toBeLessThan(2 * USERS);
});
