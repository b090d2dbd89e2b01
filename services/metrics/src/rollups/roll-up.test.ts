import { queryDatabase } from "@sark/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Queryable } from "../database/database.ts";
import { EVENT_KINDS, type IngestEvent } from "../domain/ingest.ts";
import { insertEvents } from "../ingest/insert-events.ts";
import { eventKey } from "../ingest/event-key.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { createErasures } from "../privacy/erasures.ts";
import { lockRollups, rollUp } from "./roll-up.ts";
import { deleteRollups, settle } from "./settle.ts";
import { ROLLUP_STATEMENTS } from "./statements.ts";
import { MARK_AS_BEFORE, rollUpAsBefore } from "./testing/earlier-replica.ts";
import { createPlainCounts, type PlainCounts } from "./testing/plain-counts.ts";

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 9, 24, 20);
/** Four days, so that there are whole days and the nights between them; it has a change of summer time of Europe. */
const SPAN_HOURS = 96;

let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
let plain: PlainCounts;
let tenants = 0;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  plain = await createPlainCounts(opened);
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
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
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
  { weight: 1, arbitrary: fc.record({ do: fc.constant("mark as before" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("roll up as before" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("settle" as const), before: occurredAt }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("erase" as const), user }) },
  {
    weight: 3,
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

const erasures = () =>
  createErasures(
    opened.database,
    lockRollups,
    async () => null,
    () => undefined,
  );
const signal = new AbortController().signal;
const platform = <T>(work: (tx: Queryable) => Promise<T>) => opened.database.asPlatform("rollups", work);
const send = (tenant: string, events: readonly IngestEvent[]) =>
  opened.database.asTenant("ingest", tenant, (tx) => insertEvents(tx, tenant, events));

async function rollUpAll(tenant: string): Promise<void> {
  let hasMore = true;
  while (hasMore) {
    ({ hasMore } = await platform((tx) => rollUp(tx, tenant)));
  }
}

async function settleAll(tenant: string, before: number, chunk: number): Promise<void> {
  let left = 1;
  while (left > 0) {
    const deleted = await platform((tx) => settle(tx, tenant, new Date(before), chunk));
    left = deleted.activity + deleted.score;
  }
}

async function erase(tenant: string, person: string): Promise<void> {
  await erasures().request(tenant, { user: person, requestedBy: "test", reason: "test" });
  await erasures().run(tenant, signal);
  await plain.erased(tenant, person);
}

const activityAt = (id: string, person: string, occurred: number): IngestEvent => ({
  kind: "activity",
  key: eventKey(id),
  user: person,
  type: "login",
  occurredAt: occurred,
  attributes: null,
});

const SCORE = { kind: "score", role: "lead", team: null } as const;

/** @param wholeHours as events are deleted in this run: of an hour that has none any more, no part is known */
async function perform(tenant: string, one: Step, wholeHours: boolean): Promise<void> {
  switch (one.do) {
    case "send":
      await send(tenant, one.events.map(toEvent));
      break;
    case "mark as before":
      await queryDatabase(opened.url, MARK_AS_BEFORE, [tenant]);
      break;
    case "roll up":
      await platform((tx) => rollUp(tx, tenant));
      break;
    case "roll up as before":
      await platform((tx) => rollUpAsBefore(tx, tenant));
      break;
    case "settle":
      await settleAll(tenant, one.before, 7);
      break;
    case "erase":
      await erase(tenant, one.user);
      break;
    case "look": {
      const unit = wholeHours ? HOUR_MS : 1;
      const [from, to] = [Math.min(one.from, one.to), Math.max(one.from, one.to) + unit].map(
        (ms) => new Date(Math.floor(ms / unit) * unit),
      );
      await plain.expectSameInSpan(tenant, from as Date, to as Date, one.byDay);
    }
  }
}

const marksOf = (tenant: string) =>
  queryDatabase(opened.url, "SELECT FROM metrics.rollup_marks WHERE tenant_id = $1", [tenant]);

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
            await perform(
              tenant,
              one,
              steps.some((other) => other.do === "settle"),
            );
          }
          // Retention in pieces, some before the roll-ups have seen all: what is deleted still counts.
          await settleAll(tenant, cutoff, chunk);
          await rollUpAll(tenant);
          await plain.expectRolledUp(tenant);
          await settleAll(tenant, later, 1_000);
          await plain.expectRolledUp(tenant);
          expect(await marksOf(tenant)).toEqual([]);
        },
      ),
      { numRuns: 30, seed: 13, endOnFailure: true },
    );
  }, 120_000);

  it("are right where replicas, also one of before, roll up the same hours while events come and go, and where marks are more than one transaction takes", async () => {
    const tenant = "replicas";
    const sendRound = (round: number) =>
      send(
        tenant,
        Array.from({ length: 700 }, (_, at) =>
          activityAt(`${round}-${at}`, `u-${at % 3}`, START - at * HOUR_MS),
        ),
      );
    const roll = () => platform((tx) => rollUp(tx, tenant));
    await sendRound(0);
    await Promise.all([roll(), sendRound(1), roll(), sendRound(2), roll()]);
    await queryDatabase(opened.url, MARK_AS_BEFORE, [tenant]);
    await Promise.all([
      platform((tx) => rollUpAsBefore(tx, tenant)),
      sendRound(3),
      settleAll(tenant, START - 400 * HOUR_MS, 500),
      roll(),
      sendRound(4),
    ]);
    await rollUpAll(tenant);
    await plain.expectRolledUp(tenant);
    expect(await marksOf(tenant)).toEqual([]);
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
          if (text.includes("counted AS MATERIALIZED")) {
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
    await plain.expectRolledUp(tenant);
  });

  it("count no hour anew of which rows are deleted bit by bit, unless marks wait there [SVC-1]", async () => {
    const tenant = "bit-by-bit";
    const many = Array.from({ length: 300 }, (_, at) => activityAt(`b-${at}`, `u-${at % 7}`, START + at));
    const scores = many.map(({ key, user: person, occurredAt: at }, index): IngestEvent => ({
      kind: "score",
      key,
      user: person,
      occurredAt: at,
      score: index % 101,
      role: index % 2 === 0 ? "lead" : null,
      team: null,
      attributes: null,
    }));
    await send(tenant, [...many, ...scores]);
    await rollUpAll(tenant);
    const counted: string[] = [];
    const step = () =>
      platform(async (tx) => {
        const query = async (text: string, values: unknown[]) => {
          counted.push(...EVENT_KINDS.filter((kind) => text === ROLLUP_STATEMENTS[kind].countHours));
          return tx.query(text, values);
        };
        return settle({ query } as typeof tx, tenant, new Date(START + HOUR_MS), 50);
      });
    const deleted = { activity: 50, score: 50 };
    expect([await step(), await step(), await step()]).toEqual([deleted, deleted, deleted]);
    expect(counted).toEqual([]);
    await plain.expectRolledUp(tenant);
    await send(tenant, [activityAt("late", "u-1", START + 10)]);
    await step();
    expect(counted).toEqual(["activity"]);
    while ((await step()).activity > 0) {
      await plain.expectRolledUp(tenant);
    }
    await plain.expectRolledUp(tenant);
    expect(counted).toEqual(["activity"]);
  });

  it("need no hour counted anew where a person is erased, rolled up or not, and keep what others did [SVC-1]", async () => {
    const tenant = "erased";
    const round = (name: string) =>
      ["alice", "bob", "carol", "alice"].flatMap((person, at): IngestEvent[] => {
        const one = activityAt(`${name}-${at}`, person, START + at * HOUR_MS);
        return [one, activityAt(`${name}-${at}-again`, person, START), { ...one, ...SCORE, score: 10 * at }];
      });
    await send(tenant, round("rolled"));
    await rollUpAll(tenant);
    await send(tenant, round("waits"));
    await send(tenant, [activityAt("alone", "alice", START)]);
    await erase(tenant, "alice");
    expect(
      await queryDatabase(
        opened.url,
        `SELECT count(*) FILTER (WHERE entries IS NULL)::int AS anew, count(*) FILTER (WHERE 'alice' = ANY (user_ids))::int AS named,
           count(*)::int > 0 AS kept
         FROM metrics.rollup_marks WHERE tenant_id = $1`,
        [tenant],
      ),
    ).toEqual([{ anew: 0, named: 0, kept: true }]);
    for (const byDay of [false, true]) {
      await plain.expectSameInSpan(tenant, new Date(START), new Date(START + 48 * HOUR_MS), byDay);
    }
    await rollUpAll(tenant);
    await plain.expectRolledUp(tenant);
  });

  it("are deleted by whole days, hours and days together", async () => {
    const tenant = "old";
    await send(tenant, [
      activityAt("a", "alice", Date.UTC(2026, 0, 1, 23)),
      activityAt("b", "alice", Date.UTC(2026, 0, 2, 0)),
    ]);
    await opened.database.asPlatform("rollups", (tx) => rollUp(tx, tenant));
    const deleted = await opened.database.asPlatform("rollups", (tx) =>
      deleteRollups(tx, tenant, new Date(Date.UTC(2026, 0, 2, 13))),
    );
    expect(deleted).toBe(2);
    expect(
      await queryDatabase(opened.url, "SELECT day FROM metrics.activity_days WHERE tenant_id = $1", [tenant]),
    ).toEqual([{ day: new Date(Date.UTC(2026, 0, 2)) }]);
  });
});
