import { z } from "zod";
import { SCORE_BOUNDS, TIME_WINDOWS, type ScoreSummary } from "../../domain/kpis.ts";
import { nameSchema, pageQuery } from "../parameters/schemas.ts";

const hour = () =>
  z.iso
    .datetime({ offset: true })
    .refine((time) => Date.parse(time) % 3_600_000 === 0, "must be a whole hour")
    .optional();

export const spanQuery = pageQuery.extend({
  from: hour().describe("First hour, whole; default: seven days before `to`"),
  to: hour().describe("Hour up to which is counted, without it; default: the next whole hour"),
});
export type SpanQuery = z.output<typeof spanQuery>;

export const intervalQuery = spanQuery.extend({
  interval: z.enum(["hour", "day"]).default("day").describe("Days are those of UTC"),
});

const groupBy = z
  .enum(["none", "role", "team"])
  .default("none")
  .describe("As it was when the score was given");
const filter = {
  role: nameSchema(100).optional().describe("Of this role alone"),
  team: nameSchema(100).optional().describe("Of this team alone"),
};
export const scoreQuery = spanQuery.extend({ group_by: groupBy, ...filter });
export const scoreTrendQuery = intervalQuery.extend({ group_by: groupBy, ...filter });
export const topQuery = spanQuery.extend({ by: z.enum(["events", "score"]).default("events"), ...filter });
export const comparisonQuery = scoreQuery.extend({
  baseline_from: hour().describe("Default: as many hours as `from` to `to`, right before `from`"),
  baseline_to: hour(),
});

export const summary = z
  .object({
    count: z.number().int(),
    mean: z.number().nullable(),
    distribution: z
      .array(z.object({ le: z.number(), count: z.number().int() }))
      .describe("Scores above the bound before, up to `le`"),
  })
  .meta({ id: "ScoreSummary" });

export function toShownSummary({ count, mean, classes }: ScoreSummary): z.input<typeof summary> {
  return { count, mean, distribution: SCORE_BOUNDS.map((le, at) => ({ le, count: classes[at] ?? 0 })) };
}

const time = z.iso.datetime();
const next = { next_cursor: z.string().nullable() };
export const span = { from: time, to: time };
const group = { group: z.string().nullable().describe("`null`: all, or those without a role or team") };

export const activeUsers = z.object({
  as_of: time,
  windows: z.array(z.object({ window: z.enum(TIME_WINDOWS), users: z.number().int() })),
  events_last_hour: z.number().int(),
  scores_last_hour: summary,
});
export const activityTrend = z.object({
  ...span,
  points: z.array(z.object({ start: time, active_users: z.number().int(), events: z.number().int() })),
  ...next,
});
export const scoreGroups = z.object({ ...span, groups: z.array(summary.extend(group)), ...next });
export const scoreTrend = z.object({
  ...span,
  points: z.array(summary.extend({ start: time, ...group })),
  ...next,
});
export const topUsers = z.object({
  ...span,
  users: z.array(
    z.object({
      user_id: z.string(),
      value: z.number().describe("Events, or the mean of the scores"),
      count: z.number().int().describe("Events, or scores"),
    }),
  ),
  ...next,
});
const activity = z.object({ active_users: z.number().int(), events: z.number().int() });
export const comparison = z.object({
  ...span,
  baseline_from: time,
  baseline_to: time,
  activity: z.object({ current: activity, baseline: activity }),
  groups: z.array(
    z.object({
      ...group,
      current: summary,
      baseline: summary,
      mean_change: z.number().nullable().describe("Mean now less mean of the baseline"),
    }),
  ),
  ...next,
});

export const anomalies = z.object({
  ...span,
  anomalies: z.array(
    z.object({
      hour: time,
      team: z.string().nullable().describe("`null`: of all scores of the tenant"),
      scores: z.number().int(),
      mean: z.number(),
      usual: z.number().describe("Median of the hourly means of four weeks before"),
      deviation: z.number().describe("Modified z-score; from 3.5 on, to either side, it is an anomaly"),
    }),
  ),
  ...next,
});
