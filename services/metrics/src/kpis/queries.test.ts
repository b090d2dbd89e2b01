import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { IngestEvent } from "../domain/ingest.ts";
import { insertEvents } from "../ingest/insert-events.ts";
import { eventKey } from "../ingest/event-key.ts";
import { rollUp } from "../rollups/roll-up.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { createActivityQueries } from "./activity.ts";
import type { ScoreFilter } from "./query.ts";
import { createScoreQueries } from "./scores.ts";
import { createTopUserQueries } from "./top-users.ts";

const HOUR_MS = 3_600_000;
const FROM = Date.UTC(2026, 10, 20, 22);
const SPAN = { from: FROM, to: FROM + 30 * HOUR_MS };
const ALL: ScoreFilter = { role: null, team: null };
const FIRST = { after: null, limit: 100 };
let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;

const activity = (user: string, hour: number): IngestEvent => ({
  kind: "activity",
  key: eventKey(`${user}-${hour}`),
  user,
  type: "login",
  occurredAt: FROM + hour * HOUR_MS,
  attributes: null,
});
const score = (
  id: string,
  user: string,
  hour: number,
  value: number,
  role: string | null,
  team: string | null,
): IngestEvent => ({
  kind: "score",
  key: eventKey(id),
  user,
  role,
  team,
  score: value,
  occurredAt: FROM + hour * HOUR_MS,
  attributes: null,
});

beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  const send = (tenant: string, events: readonly IngestEvent[]) =>
    opened.database.asTenant("ingest", tenant, (tx) => insertEvents(tx, tenant, events));
  await send("acme", [activity("alice", 0), activity("alice", 1), activity("bob", 1), activity("alice", 3)]);
  await send("acme", [
    score("s1", "alice", 0, 80, "engineer", "red"),
    score("s2", "bob", 0, 60, "lead", "red"),
    score("s3", "carol", 3, 20, null, "blue"),
    score("old", "alice", -2, 40, "engineer", "red"),
  ]);
  await opened.database.asPlatform("rollups", (tx) => rollUp(tx, "acme"));
  // What no roll-up has seen yet.
  await send("acme", [activity("dave", 3), activity("out", 30), score("s4", "bob", 3, 70, "lead", "red")]);
  await send("globex", [activity("mallory", 1), score("g", "mallory", 0, 1, "spy", "red")]);
});
afterAll(() => opened.drop());

describe("KPIs of a tenant [SVC-1]", () => {
  it("have active users and events by hour and day, page by page", async () => {
    const { trend, total } = createActivityQueries(opened.database);
    const points = await trend("acme", SPAN, "hour", FIRST);
    expect(points.map(({ start, ...counts }) => [(start - FROM) / HOUR_MS, counts])).toEqual([
      [0, { users: 1, events: 1 }],
      [1, { users: 2, events: 2 }],
      [3, { users: 2, events: 2 }],
    ]);
    expect(await trend("acme", SPAN, "hour", { after: points[0]?.start ?? 0, limit: 1 })).toEqual([
      points[1],
    ]);
    expect(await trend("acme", SPAN, "hour", { after: SPAN.to - HOUR_MS, limit: 1 })).toEqual([]);
    // 22 and 23 o'clock are another day than 1 o'clock.
    const days = await trend("acme", SPAN, "day", FIRST);
    expect(days.map(({ users, events }) => [users, events])).toEqual([
      [2, 3],
      [2, 2],
    ]);
    expect(await total("acme", SPAN)).toEqual({ users: 3, events: 5 });
    expect(await total("nothing", SPAN)).toEqual({ users: 0, events: 0 });
  });

  it("have the distribution of scores by role and team, of one role or team alone, page by page", async () => {
    const { distribution } = createScoreQueries(opened.database);
    const by = async (
      groupBy: "role" | "team" | null,
      filter = ALL,
      page: { after: string | null; limit: number } = FIRST,
    ) =>
      (await distribution("acme", { span: SPAN, groupBy, filter }, page)).map(({ group, count, mean }) => [
        group,
        count,
        mean,
      ]);
    expect(await by(null)).toEqual([[null, 4, 57.5]]);
    expect(await by("role")).toEqual([
      [null, 1, 20],
      ["engineer", 1, 80],
      ["lead", 2, 65],
    ]);
    expect(await by("team")).toEqual([
      ["blue", 1, 20],
      ["red", 3, 70],
    ]);
    expect(await by("role", { role: "lead", team: "red" })).toEqual([["lead", 2, 65]]);
    expect(await by("role", ALL, { after: "", limit: 1 })).toEqual([["engineer", 1, 80]]);
    const [all] = await distribution("acme", { span: SPAN, groupBy: null, filter: ALL }, FIRST);
    expect(all?.classes).toEqual([0, 1, 0, 2, 1, 0, 0, 0]);
  });

  it("have the trend of scores, by time and then by group", async () => {
    const { trend } = createScoreQueries(opened.database);
    const query = { span: SPAN, groupBy: "team" as const, filter: ALL, interval: "hour" as const };
    const points = await trend("acme", query, FIRST);
    expect(
      points.map(({ start, group, count, mean }) => [(start - FROM) / HOUR_MS, group, count, mean]),
    ).toEqual([
      [0, "red", 2, 70],
      [3, "blue", 1, 20],
      [3, "red", 1, 70],
    ]);
    expect(await trend("acme", query, { after: [points[1]?.start ?? 0, "blue"], limit: 5 })).toEqual([
      points[2],
    ]);
  });

  it("have top users by events and by the mean of scores, those of the same value by their ids", async () => {
    const { top } = createTopUserQueries(opened.database);
    const of = async (by: "events" | "score", after: readonly [string, string] | null = null) =>
      (await top("acme", { span: SPAN, by, filter: ALL }, { after, limit: 100 })).map(
        ({ user, value, count }) => [user, value, count],
      );
    expect(await of("events")).toEqual([
      ["alice", 3, 3],
      ["bob", 1, 1],
      ["dave", 1, 1],
    ]);
    expect(await of("events", ["1", "bob"])).toEqual([["dave", 1, 1]]);
    expect(await of("score")).toEqual([
      ["alice", 80, 1],
      ["bob", 65, 2],
      ["carol", 20, 1],
    ]);
    expect(await of("score", ["65.000000", "bob"])).toEqual([["carol", 20, 1]]);
  });

  it("have the same groups in two spans of time", async () => {
    const { compare } = createScoreQueries(opened.database);
    const baseline = { from: FROM - 24 * HOUR_MS, to: FROM };
    const groups = await compare("acme", { span: SPAN, baseline, groupBy: "team", filter: ALL }, FIRST);
    expect(
      groups.map(({ group, current, baseline: before }) => [group, current.mean, before.mean, before.count]),
    ).toEqual([
      ["blue", 20, null, 0],
      ["red", 70, 40, 1],
    ]);
    expect(
      await compare(
        "acme",
        { span: SPAN, baseline, groupBy: "team", filter: ALL },
        { after: "blue", limit: 1 },
      ),
    ).toHaveLength(1);
  });
});
