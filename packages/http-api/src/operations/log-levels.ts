import type { LogLevelControl } from "@sark/observability/service";
import { z } from "zod";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

const level = z.enum(LOG_LEVELS);

export const logLevels = z
  .object({
    level: level.describe("Of components that have none of their own"),
    components: z.array(z.object({ component: z.string(), level })).describe("That have logged, or are to"),
    reverts: z
      .array(
        z.object({
          component: z.string().nullable().describe("`null`: all of them"),
          to: level,
          at: z.iso.datetime(),
        }),
      )
      .describe("What goes back by itself"),
  })
  .meta({ id: "LogLevels" });
export type LogLevelsShown = z.output<typeof logLevels>;

/** The levels in force, as they are shown. */
export function shownLevels({ show }: Pick<LogLevelControl, "show">): LogLevelsShown {
  const { level: ofAll, components, reverts } = show();
  return {
    level: ofAll,
    components: components.map((one) => ({ ...one })),
    reverts: reverts.map(({ at, ...one }) => ({ ...one, at: new Date(at).toISOString() })),
  };
}
