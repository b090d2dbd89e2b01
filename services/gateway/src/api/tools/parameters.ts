import { documentedAs } from "@sark/http-api";
import { z } from "zod";
import { name } from "../parameters/name.ts";
import { checkWindow, windowShape } from "../parameters/time-window.ts";

const BOUNDS = "must be a whole number from 1 to 1000";

export const toolStatsQuery = z
  .strictObject({
    ...windowShape,
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
  .superRefine(checkWindow);
export type ToolStatsQuery = z.output<typeof toolStatsQuery>;
