import { durationSchema } from "@sark/observability/settings";
import { z } from "zod";
import { LOG_LEVELS } from "./log-levels.ts";
import { reason } from "./reason.ts";

export const logLevelBody = z.strictObject({
  level: z.enum(LOG_LEVELS).describe("Lowest level written"),
  component: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/)
    .optional()
    .describe("One component; without it all of them, also those that have a level of their own"),
  for: durationSchema({ min: "1s", max: "24h" })
    .optional()
    .describe("Goes back by itself after this time; without it, when the process ends"),
  reason,
});
export type LogLevelBody = z.output<typeof logLevelBody>;

/** A change of levels, as it goes on record. */
export function askedOfLevels({ level, component, for: forMs, reason: why }: LogLevelBody) {
  return { level, component: component ?? null, for_ms: forMs ?? null, reason: why };
}
