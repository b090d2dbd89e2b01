import { z } from "zod";
import { callCounts } from "../figures/call-counts.ts";

const timedCounts = {
  ...callCounts,
  duration_ms: z
    .object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() })
    .nullable()
    .describe("Of calls that ended, each a value that occurred; `null` where none did"),
};

const toolCalls = z
  .object({ server: z.string().nullable(), tool: z.string(), ...timedCounts })
  .meta({ id: "ToolCalls" });

export const toolStats = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    total: z.object(timedCounts).describe("Of all tools, shown or not"),
    tools: z.array(toolCalls).describe("Most calls first"),
    truncated: z.boolean().describe("There are more tools"),
  })
  .meta({ id: "ToolStats" });
export type ToolStatsShown = z.output<typeof toolStats>;
