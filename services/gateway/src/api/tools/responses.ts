import { z } from "zod";

const count = z.number().int();

const callCounts = {
  permitted: count.describe("Calls that were let through; some may still run"),
  denied: count.describe("By policy, roles, scopes or budgets"),
  rate_limited: count,
  ok: count,
  failed: count.describe("By the tool, the protocol, the server or its silence"),
  cancelled: count,
  input_required: count.describe("Ended with a question to the client"),
  elsewhere: count.describe("Decisions for enforcement points elsewhere, and calls that these report"),
  duration_ms: z
    .object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() })
    .nullable()
    .describe("Of calls that ended, each a value that occurred; `null` where none did"),
};

const toolCalls = z
  .object({ server: z.string().nullable(), tool: z.string(), ...callCounts })
  .meta({ id: "ToolCalls" });

export const toolStats = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    total: z.object(callCounts).describe("Of all tools, shown or not"),
    tools: z.array(toolCalls).describe("Most calls first"),
    truncated: z.boolean().describe("There are more tools"),
  })
  .meta({ id: "ToolStats" });
export type ToolStatsShown = z.output<typeof toolStats>;
