import { durationSchema } from "@sark/observability/settings";
import { z } from "zod";

const DAY_MS = 86_400_000;
const MAX_DAYS = 31;

const time = z.iso.datetime({
  offset: true,
  error: "must be an RFC 3339 time, such as 2026-07-28T09:00:00Z",
});

/** Parameters of a question about a time that is not without end: the store counts all that is in it. */
export const windowShape = {
  last: durationSchema({ min: "1m", max: `${MAX_DAYS}d` })
    .optional()
    .describe("Until now; a day where no time is given"),
  from: time.optional(),
  to: time.optional().describe("Exclusive; now without it"),
};

interface WindowQuery {
  readonly last?: number | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Refuses times that contradict each other, and more than the store counts at once. */
export function checkWindow({ last, from, to }: WindowQuery, context: z.RefinementCtx): void {
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
}

/** Unix milliseconds; `to` is exclusive. */
export function windowOf({ last, from, to }: WindowQuery, now: number): { from: number; to: number } {
  return from === undefined
    ? { from: now - (last ?? DAY_MS), to: now }
    : { from: Date.parse(from), to: to === undefined ? now : Date.parse(to) };
}
