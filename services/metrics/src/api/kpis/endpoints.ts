import { json, respond, varies, variesFreely } from "@sark/http-api";
import type { CurrentKpiSource } from "../../domain/kpis.ts";
import { TIME_WINDOWS } from "../../domain/kpis.ts";
import type { ActivityQueries } from "../../kpis/activity.ts";
import type { ScoreAnomalies } from "../../kpis/anomalies.ts";
import type { ScoreFilter, Span } from "../../kpis/query.ts";
import type { ScoreQueries } from "../../kpis/scores.ts";
import type { TopUserQueries } from "../../kpis/top-users.ts";
import { metricsEndpoints } from "../access/define-endpoints.ts";
import { tenantOf } from "../access/tenant-of.ts";
import * as schemas from "./schemas.ts";
import { baselineOf, pageOf, PARTS, positionOf, spanOf } from "./spans.ts";

export interface KpisApi {
  readonly current: CurrentKpiSource;
  readonly activity: ActivityQueries;
  readonly scores: ScoreQueries;
  readonly topUsers: TopUserQueries;
  readonly anomalies: Pick<ScoreAnomalies, "list">;
}

const { endpoint, group } = metricsEndpoints<KpisApi>();
const VIEWERS = ["viewer", "admin"] as const;

const iso = (ms: number) => new Date(ms).toISOString();
const shownSpan = ({ from, to }: Span) => ({ from: iso(from), to: iso(to) });
const named = ({
  role,
  team,
}: {
  readonly role?: string | undefined;
  readonly team?: string | undefined;
}): ScoreFilter => ({ role: role ?? null, team: team ?? null });
const grouping = (by: "none" | "role" | "team") => (by === "none" ? null : by);

const anyTime = varies("2026-11-28T12:00:00.000Z");
const exampleSpan = { from: anyTime, to: anyTime };

export const kpiEndpoints = group({
  title: "KPIs",
  description:
    "Of the caller's tenant alone. What is committed counts, also where no roll-up has seen it yet. Users are counted, not estimated.",
  endpoints: {
    activeUsers: endpoint({
      method: "GET",
      path: "/v1/kpis/active-users",
      summary: "Active users of the last hour, day and week, to the millisecond",
      roles: VIEWERS,
      output: { 200: json(schemas.activeUsers, "Now.") },
      errors: [],
      example: {
        response: {
          status: 200,
          body: {
            as_of: anyTime,
            windows: variesFreely([]),
            events_last_hour: varies(0),
            scores_last_hour: variesFreely({}),
          },
        },
      },
      async handler({ current }, { caller }) {
        const { asOf, activeUsers, events, scores } = await current.current(tenantOf(caller));
        return respond(200, {
          as_of: iso(asOf),
          windows: TIME_WINDOWS.map((window) => ({ window, users: activeUsers[window] })),
          events_last_hour: events,
          scores_last_hour: schemas.toShownSummary(scores),
        });
      },
    }),
    activityTrend: endpoint({
      method: "GET",
      path: "/v1/kpis/activity",
      summary: "Active users and events by hour or day; those without events are left out",
      roles: VIEWERS,
      input: { query: schemas.intervalQuery },
      output: { 200: json(schemas.activityTrend, "A page, by time.") },
      errors: [],
      example: {
        response: { status: 200, body: { ...exampleSpan, points: variesFreely([]), next_cursor: null } },
      },
      async handler({ activity }, { query, caller }) {
        const tenant = tenantOf(caller);
        const span = spanOf(query, query.interval);
        const after = positionOf(query.cursor, [PARTS.time]);
        const { entries, next_cursor } = await pageOf(
          query.limit,
          (limit) =>
            activity.trend(tenant, span, query.interval, {
              after: after === null ? null : Number(after[0]),
              limit,
            }),
          ({ start }) => [String(start)],
        );
        const points = entries.map(({ start, users, events }) => ({
          start: iso(start),
          active_users: users,
          events,
        }));
        return respond(200, { ...shownSpan(span), points, next_cursor });
      },
    }),
    scoreDistribution: endpoint({
      method: "GET",
      path: "/v1/kpis/scores",
      summary: "Scores: how many, their mean, and how they are spread, by role or team",
      roles: VIEWERS,
      input: { query: schemas.scoreQuery },
      output: { 200: json(schemas.scoreGroups, "A page, by the names of the groups.") },
      errors: [],
      example: {
        response: { status: 200, body: { ...exampleSpan, groups: variesFreely([]), next_cursor: null } },
      },
      async handler({ scores }, { query, caller }) {
        const tenant = tenantOf(caller);
        const span = spanOf(query, "day");
        const after = positionOf(query.cursor, [PARTS.name])?.[0] ?? null;
        const asked = { span, groupBy: grouping(query.group_by), filter: named(query) };
        const { entries, next_cursor } = await pageOf(
          query.limit,
          (limit) => scores.distribution(tenant, asked, { after, limit }),
          (last) => [last.group ?? ""],
        );
        const groups = entries.map((entry) => ({ group: entry.group, ...schemas.toShownSummary(entry) }));
        return respond(200, { ...shownSpan(span), groups, next_cursor });
      },
    }),
    scoreTrend: endpoint({
      method: "GET",
      path: "/v1/kpis/scores/trend",
      summary: "Scores by hour or day, and by role or team",
      roles: VIEWERS,
      input: { query: schemas.scoreTrendQuery },
      output: { 200: json(schemas.scoreTrend, "A page, by time, then by the names of the groups.") },
      errors: [],
      example: {
        response: { status: 200, body: { ...exampleSpan, points: variesFreely([]), next_cursor: null } },
      },
      async handler({ scores }, { query, caller }) {
        const tenant = tenantOf(caller);
        const { interval } = query;
        const span = spanOf(query, interval);
        const position = positionOf(query.cursor, [PARTS.time, PARTS.name]);
        const after = position === null ? null : ([Number(position[0]), position[1] ?? ""] as const);
        const asked = { span, interval, groupBy: grouping(query.group_by), filter: named(query) };
        const { entries, next_cursor } = await pageOf(
          query.limit,
          (limit) => scores.trend(tenant, asked, { after, limit }),
          (last) => [String(last.start), last.group ?? ""],
        );
        const points = entries.map((entry) => ({
          start: iso(entry.start),
          group: entry.group,
          ...schemas.toShownSummary(entry),
        }));
        return respond(200, { ...shownSpan(span), points, next_cursor });
      },
    }),
    topUsers: endpoint({
      method: "GET",
      path: "/v1/kpis/top-users",
      summary: "Users with the most events, or the highest mean score",
      roles: VIEWERS,
      input: { query: schemas.topQuery },
      output: { 200: json(schemas.topUsers, "A page, the highest first.") },
      errors: [],
      example: {
        response: { status: 200, body: { ...exampleSpan, users: variesFreely([]), next_cursor: null } },
      },
      async handler({ topUsers }, { query, caller }) {
        const tenant = tenantOf(caller);
        const span = spanOf(query, "day");
        const position = positionOf(query.cursor, [PARTS.number, PARTS.name]);
        const after = position === null ? null : ([position[0] ?? "", position[1] ?? ""] as const);
        const { entries, next_cursor } = await pageOf(
          query.limit,
          (limit) => topUsers.top(tenant, { span, by: query.by, filter: named(query) }, { after, limit }),
          (last) => [last.exact, last.user],
        );
        const users = entries.map(({ user, value, count }) => ({ user_id: user, value, count }));
        return respond(200, { ...shownSpan(span), users, next_cursor });
      },
    }),
    scoreAnomalies: endpoint({
      method: "GET",
      path: "/v1/kpis/anomalies",
      summary: "Hours whose mean score is far from the usual",
      description:
        "Found each hour in the two days before: the modified z-score of an hour's mean against the hours of four weeks before. What scores that come late put right is taken back.",
      roles: VIEWERS,
      input: { query: schemas.spanQuery },
      output: { 200: json(schemas.anomalies, "A page, by time, the whole tenant first.") },
      errors: [],
      example: {
        response: { status: 200, body: { ...exampleSpan, anomalies: variesFreely([]), next_cursor: null } },
      },
      async handler(api, { query, caller }) {
        const tenant = tenantOf(caller);
        const span = spanOf(query, "day");
        const position = positionOf(query.cursor, [PARTS.time, PARTS.name]);
        const after = position === null ? null : ([Number(position[0]), position[1] ?? ""] as const);
        const { entries, next_cursor } = await pageOf(
          query.limit,
          (limit) => api.anomalies.list(tenant, span, { after, limit }),
          (last) => [String(last.hour), last.team ?? ""],
        );
        const shown = entries.map((entry) => ({ ...entry, hour: iso(entry.hour) }));
        return respond(200, { ...shownSpan(span), anomalies: shown, next_cursor });
      },
    }),
    comparison: endpoint({
      method: "GET",
      path: "/v1/kpis/comparison",
      summary: "Two spans of time, or the teams and roles in both",
      roles: VIEWERS,
      input: { query: schemas.comparisonQuery },
      output: { 200: json(schemas.comparison, "A page, by the names of the groups.") },
      errors: [],
      example: {
        response: {
          status: 200,
          body: {
            ...exampleSpan,
            baseline_from: anyTime,
            baseline_to: anyTime,
            activity: variesFreely({}),
            groups: variesFreely([]),
            next_cursor: null,
          },
        },
      },
      async handler({ activity, scores }, { query, caller }) {
        const tenant = tenantOf(caller);
        const span = spanOf(query, "day");
        const baseline = baselineOf(query, span);
        const after = positionOf(query.cursor, [PARTS.name])?.[0] ?? null;
        const asked = { span, baseline, groupBy: grouping(query.group_by), filter: named(query) };
        const { entries, next_cursor } = await pageOf(
          query.limit,
          (limit) => scores.compare(tenant, asked, { after, limit }),
          (last) => [last.group ?? ""],
        );
        const shownActivity = async (of: Span) => {
          const { users, events } = await activity.total(tenant, of);
          return { active_users: users, events };
        };
        return respond(200, {
          ...shownSpan(span),
          baseline_from: iso(baseline.from),
          baseline_to: iso(baseline.to),
          activity: { current: await shownActivity(span), baseline: await shownActivity(baseline) },
          groups: entries.map(({ group: name, current, baseline: before }) => ({
            group: name,
            current: schemas.toShownSummary(current),
            baseline: schemas.toShownSummary(before),
            mean_change: current.mean === null || before.mean === null ? null : current.mean - before.mean,
          })),
          next_cursor,
        });
      },
    }),
  },
});
