import { queryDatabase } from "@sark/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { IngestEvent } from "../domain/ingest.ts";
import { insertEvents } from "../ingest/insert-events.ts";
import { eventKey } from "../ingest/event-key.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { rollUp } from "./roll-up.ts";
import { deleteRollups, settle } from "./settle.ts";

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 9, 24, 20);
/** Four days, so that there are whole days and the nights between them; it has a change of summer time of Europe. */
const SPAN_HOURS = 96;

let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
let tenants = 0;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
});
afterAll(() => opened.drop());

const user = fc.constantFrom("alice", "bob", "carol");
/** Often at the edge of an hour or of a class; ids from a small set, so that many are repeated. */
const occurredAt = fc
  .tuple(fc.nat(SPAN_HOURS - 1), fc.constantFrom(0, 1, 1_800_000, HOUR_MS - 1))
  .map(([hour, ms]) => START + hour * HOUR_MS + ms);
const event = fc.oneof(
  fc.record({ kind: fc.constant("activity" as const), id: fc.nat(60), user, occurredAt }),
  fc.record({
    kind: fc.constant("score" as const),
    id: fc.nat(60),
    user,
    occurredAt,
    score: fc.constantFrom(0, 10, 10.01, 33.3, 50, 74.9, 90, 95.5, 99, 99.5, 100),
    role: fc.constantFrom(null, "engineer", "lead"),
    team: fc.constantFrom(null, "research"),
  }),
);
type Sent = typeof event extends fc.Arbitrary<infer T> ? T : never;
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      events: fc.array(event, { minLength: 1, maxLength: 12 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("roll up" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("look" as const),
      from: occurredAt,
      to: occurredAt,
      byDay: fc.boolean(),
    }),
  },
);

function toEvent(sent: Sent): IngestEvent {
  const shared = {
    key: eventKey(`${sent.id}`),
    user: sent.user,
    occurredAt: sent.occurredAt,
    attributes: null,
  };
  return sent.kind === "activity"
    ? { kind: "activity", type: "login", ...shared }
    : { kind: "score", score: sent.score, role: sent.role, team: sent.team, ...shared };
}

/** The same question to the roll-ups and to the raw rows. */
const QUESTIONS = {
  activityHours: [
    "SELECT hour AS start_at, user_id, sum(events)::int AS n FROM metrics.activity_hours WHERE tenant_id = $1 GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT date_trunc('hour', occurred_at, 'UTC') AS start_at, user_id, count(*)::int AS n FROM metrics.activity_events WHERE tenant_id = $1 GROUP BY 1, 2 ORDER BY 1, 2",
  ],
  activityDays: [
    "SELECT day AS start_at, user_id, events::int AS n FROM metrics.activity_days WHERE tenant_id = $1 ORDER BY 1, 2",
    "SELECT date_trunc('day', occurred_at, 'UTC') AS start_at, user_id, count(*)::int AS n FROM metrics.activity_events WHERE tenant_id = $1 GROUP BY 1, 2 ORDER BY 1, 2",
  ],
  scoreHours: [scoresIn("score_hours", "hour"), rawScores("hour")],
  scoreDays: [scoresIn("score_days", "day"), rawScores("day")],
} as const;

function scoresIn(table: string, column: string): string {
  return `SELECT ${column} AS start_at, user_id, user_role, team, sum(scores)::int AS n, sum(total)::text AS total,
    sum(to_10)::int AS to_10, sum(to_25)::int AS to_25, sum(to_50)::int AS to_50, sum(to_75)::int AS to_75,
    sum(to_90)::int AS to_90, sum(to_95)::int AS to_95, sum(to_99)::int AS to_99, sum(to_100)::int AS to_100
    FROM metrics.${table} WHERE tenant_id = $1 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`;
}

function rawScores(unit: string): string {
  const within = (low: number, high: number) =>
    `count(*) FILTER (WHERE score > ${low} AND score <= ${high})::int AS to_${high}`;
  const bounds = [-1, 10, 25, 50, 75, 90, 95, 99, 100];
  return `SELECT date_trunc('${unit}', occurred_at, 'UTC') AS start_at, user_id, user_role, team, count(*)::int AS n,
    sum(score::numeric)::text AS total, ${bounds
      .slice(1)
      .map((high, at) => within(bounds[at] ?? 0, high))
      .join(", ")}
    FROM metrics.productivity_scores WHERE tenant_id = $1 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`;
}

const ask = (question: string, values: unknown[]) =>
  opened.database.asPlatform("rollups", async (tx) => (await tx.query(question, values)).rows);

async function expectTrue(tenant: string, raw: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, [rolled]] of Object.entries(QUESTIONS)) {
    expect([name, await ask(rolled, [tenant])]).toEqual([name, raw[name]]);
  }
}

async function rawCounts(tenant: string): Promise<Record<string, unknown>> {
  const entries = Object.entries(QUESTIONS).map(
    async ([name, [, raw]]) => [name, await ask(raw, [tenant])] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** A query of a tenant over any span has what plain SQL counts, also where roll-ups lag behind. */
async function expectSameInSpan(tenant: string, a: number, b: number, byDay: boolean): Promise<void> {
  const [from, to] = [new Date(Math.min(a, b)), new Date(Math.max(a, b) + 1)];
  const spans = await opened.database.asTenant("kpis", tenant, async (tx) => {
    const both = async (fn: string, sums: string, table: string, raw: string) => [
      (
        await tx.query(`SELECT user_id, ${sums} FROM metrics.${fn}($1, $2, $3, $4) GROUP BY 1 ORDER BY 1`, [
          tenant,
          from,
          to,
          byDay,
        ])
      ).rows,
      (
        await tx.query(
          `SELECT user_id, ${raw} FROM metrics.${table} WHERE occurred_at >= $1 AND occurred_at < $2 GROUP BY 1 ORDER BY 1`,
          [from, to],
        )
      ).rows,
    ];
    return {
      activity: await both(
        "activity_between",
        "sum(events)::int AS n",
        "activity_events",
        "count(*)::int AS n",
      ),
      scores: await both(
        "scores_between",
        "sum(scores)::int AS n, sum(total)::text AS total, sum(to_10)::int AS low",
        "productivity_scores",
        "count(*)::int AS n, sum(score::numeric)::text AS total, count(*) FILTER (WHERE score <= 10)::int AS low",
      ),
    };
  });
  expect(spans.activity[0]).toEqual(spans.activity[1]);
  expect(spans.scores[0]).toEqual(spans.scores[1]);
}

describe("roll-ups", () => {
  it("equal plain counts after any stream with repeated, late and disordered events, and after retention [SVC-1]", async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 14 }),
        fc.tuple(occurredAt, occurredAt),
        fc.integer({ min: 1, max: 20 }),
        async (steps, [cutoff, later], chunk) => {
          const tenant = `t-${(tenants += 1)}`;
          for (const one of steps) {
            if (one.do === "send") {
              await opened.database.asTenant("ingest", tenant, (tx) =>
                insertEvents(tx, tenant, one.events.map(toEvent)),
              );
            } else if (one.do === "roll up") {
              await opened.database.asPlatform("rollups", (tx) => rollUp(tx, tenant));
            } else {
              await expectSameInSpan(tenant, one.from, one.to, one.byDay);
            }
          }
          const raw = await rawCounts(tenant);
          // Retention in pieces, some before the roll-ups have seen all: what is deleted still counts.
          let left = 1;
          while (left > 0) {
            const deleted = await opened.database.asPlatform("rollups", (tx) =>
              settle(tx, tenant, new Date(cutoff), chunk),
            );
            left = deleted.activity + deleted.score;
          }
          await opened.database.asPlatform("rollups", (tx) => rollUp(tx, tenant));
          await expectTrue(tenant, raw);
          await opened.database.asPlatform("rollups", (tx) => settle(tx, tenant, new Date(later), 1_000));
          await expectTrue(tenant, raw);
        },
      ),
      { numRuns: 25, seed: 13, endOnFailure: true },
    );
  }, 120_000);

  it("are right where two replicas roll up the same hours while events come, and where marks are more than one transaction takes", async () => {
    const tenant = "replicas";
    const send = (round: number) =>
      opened.database.asTenant("ingest", tenant, (tx) =>
        insertEvents(
          tx,
          tenant,
          Array.from({ length: 700 }, (_, at) => ({
            kind: "activity" as const,
            key: eventKey(`${round}-${at}`),
            user: `u-${at % 3}`,
            type: "login",
            occurredAt: START - at * HOUR_MS,
            attributes: null,
          })),
        ),
      );
    const roll = () => opened.database.asPlatform("rollups", (tx) => rollUp(tx, tenant));
    await send(0);
    await Promise.all([roll(), send(1), roll(), send(2), roll()]);
    let rolled = await roll();
    while (rolled.hasMore) {
      rolled = await roll();
    }
    await expectTrue(tenant, await rawCounts(tenant));
    expect(
      await queryDatabase(opened.url, `SELECT 1 FROM metrics.rollup_marks WHERE tenant_id = '${tenant}'`),
    ).toEqual([]);
  });

  it("compare no user of an hour with each other one, however many there are [SVC-1]", async () => {
    const tenant = "crowd";
    await opened.database.asTenant("ingest", tenant, async (tx) => {
      await tx.query(
        `INSERT INTO metrics.activity_events (tenant_id, event_key, user_id, activity_type, occurred_at)
         SELECT $1, gen_random_uuid(), 'u-' || at, 'login', $2 FROM generate_series(1, 3000) AS at`,
        [tenant, new Date(START)],
      );
      await tx.query(
        `INSERT INTO metrics.productivity_scores (tenant_id, event_key, user_id, team, score, occurred_at)
         SELECT $1, gen_random_uuid(), 'u-' || at, 'research', 50, $2 FROM generate_series(1, 3000) AS at`,
        [tenant, new Date(START)],
      );
    });
    const plans: string[] = [];
    const rollAgain = async () => {
      await opened.database.asTenant("ingest", tenant, (tx) =>
        tx.query(
          "INSERT INTO metrics.rollup_marks (tenant_id, kind, hour) VALUES ($1, 'activity', $2), ($1, 'score', $2)",
          [tenant, new Date(START)],
        ),
      );
      await opened.database.asPlatform("rollups", async (tx) => {
        const query = async (text: string, values: unknown[]) => {
          if (text.startsWith("WITH counted")) {
            const { rows } = await tx.query<{ "QUERY PLAN": string }>(`EXPLAIN ${text}`, values);
            plans.push(rows.map((row) => row["QUERY PLAN"]).join("\n"));
          }
          return tx.query(text, values);
        };
        await rollUp({ query } as typeof tx, tenant);
      });
    };
    await rollAgain();
    await rollAgain();
    expect(plans).toHaveLength(8);
    expect(plans.filter((plan) => plan.includes("Nested Loop Anti Join"))).toEqual([]);
    await expectTrue(tenant, await rawCounts(tenant));
  });

  it("are deleted by whole days, hours and days together", async () => {
    const tenant = "old";
    const at = (occurred: number, id: string): IngestEvent => ({
      kind: "activity",
      key: eventKey(id),
      user: "alice",
      type: "login",
      occurredAt: occurred,
      attributes: null,
    });
    await opened.database.asTenant("ingest", tenant, (tx) =>
      insertEvents(tx, tenant, [at(Date.UTC(2026, 0, 1, 23), "a"), at(Date.UTC(2026, 0, 2, 0), "b")]),
    );
    await opened.database.asPlatform("rollups", (tx) => rollUp(tx, tenant));
    const deleted = await opened.database.asPlatform("rollups", (tx) =>
      deleteRollups(tx, tenant, new Date(Date.UTC(2026, 0, 2, 13))),
    );
    expect(deleted).toBe(2);
    expect(await ask("SELECT day FROM metrics.activity_days WHERE tenant_id = $1", [tenant])).toEqual([
      { day: new Date(Date.UTC(2026, 0, 2)) },
    ]);
  });
});
