import { durationSchema } from "@sark/observability/settings";
import { z } from "zod";
import { reason } from "../parameters/reason.ts";
import { LOG_LEVELS } from "./responses.ts";

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
