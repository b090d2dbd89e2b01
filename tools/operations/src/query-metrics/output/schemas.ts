import { z } from "zod";

/** What the commands print as JSON. Members are added, never renamed. */
const source = {
  source: z.enum(["prometheus", "audit"]),
  url: z.string(),
  last_seconds: z.number(),
};
const calls = z.number().nullable().describe("`null` where the source does not tell");
const counts = {
  permitted: calls,
  denied: calls,
  ok: calls,
  failed: calls,
  durations_ms: z
    .array(z.number())
    .nullable()
    .describe("One for each of `percentiles`; `null` where no call ended"),
};
const percentiles = z.array(z.number());

export const figureRows = z.object({
  ...source,
  percentiles,
  rows: z.array(z.looseObject(counts).describe("With what the calls have in common, such as `tool`")),
  truncated: z.boolean().describe("There are more rows"),
});

export const objectives = z.object({
  ...source,
  objectives: z
    .array(
      z.object({
        name: z.string(),
        wanted: z.string(),
        is: z.string(),
        met: z.boolean(),
        budget_left: z.number().nullable().describe("Part of the allowed failures that did not happen"),
        calls: z.number(),
      }),
    )
    .describe("None where nothing was called"),
});

const cost = z.number();
export const costs = z.object({
  ...source,
  total: cost,
  tools: z.array(z.object({ tenant: z.string(), tool: z.string(), cost })),
  users: z.array(z.object({ user: z.string(), cost })),
});

export const reportOutput = z.object({
  generated_at: z.iso.datetime(),
  ...source,
  totals: z.object({ permitted: z.number(), denied: z.number(), ok: z.number(), failed: z.number() }),
  percentiles,
  sections: z.array(
    z.object({
      name: z.enum(["tools", "outcomes", "denials", "users"]),
      title: z.string(),
      names: z.array(z.string()).describe("Members of `of`, in the order of the columns"),
      rows: z.array(z.object({ of: z.record(z.string(), z.string()), ...counts })),
      truncated: z.boolean(),
    }),
  ),
});
