import { documentedAs } from "@sark/http-api";
import { durationSchema } from "@sark/observability/settings";
import { z } from "zod";
import { name } from "../parameters/name.ts";

const DAY_MS = 86_400_000;
const MAX_DAYS = 31;

const time = z.iso.datetime({
  offset: true,
  error: "must be an RFC 3339 time, such as 2026-07-28T09:00:00Z",
});
const BOUNDS = "must be a whole number from 1 to 1000";

export const toolStatsQuery = z
  .strictObject({
    last: durationSchema({ min: "1m", max: `${MAX_DAYS}d` })
      .optional()
      .describe("Until now; a day where no time is given"),
    from: time.optional(),
    to: time.optional().describe("Exclusive; now without it"),
    server: name.optional(),
    tool: name.optional(),
    limit: documentedAs(
      z
        .string()
        .regex(/^[0-9]{1,4}$/, BOUNDS)
        .transform(Number)
        .pipe(z.number().min(1, BOUNDS).max(1_000, BOUNDS))
        .default(100),
      { type: "integer", minimum: 1, maximum: 1_000, default: 100, description: "Tools, most calls first" },
    ),
  })
  .superRefine(({ last, from, to }, context) => {
    const issue = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (last !== undefined && (from ?? to) !== undefined) {
      issue("last", "goes without from and to");
    } else if (to !== undefined && from === undefined) {
      issue("to", "goes with from");
    } else if (from !== undefined) {
      const length = Date.parse(to ?? new Date().toISOString()) - Date.parse(from);
      if (length <= 0) {
        issue("to", "must be later than from");
      } else if (length > MAX_DAYS * DAY_MS) {
        issue("from", `must be no more than ${MAX_DAYS} days before to`);
      }
    }
  });
export type ToolStatsQuery = z.output<typeof toolStatsQuery>;

/** Unix milliseconds; `to` is exclusive. */
export function windowOf({ last, from, to }: ToolStatsQuery, now: number): { from: number; to: number } {
  return from === undefined
    ? { from: now - (last ?? DAY_MS), to: now }
    : { from: Date.parse(from), to: to === undefined ? now : Date.parse(to) };
}
