import { durationSchema } from "@sark/observability/settings";
import { z } from "zod";
import { refuseOddNames } from "@sark/authentication/config";
import { LIMIT_KINDS } from "../domain/rate-limits.ts";
import { identityOf } from "./rules.ts";

const MAX_RULES = 1_000;
/** Faster than any gateway serves: beyond it a bucket's steps are below the clock's resolution. */
const MAX_PER_MS = 100;
const count = z.number().int().min(1).max(1_000_000);
const name = z.string().min(1).max(256);

const ruleSchema = z
  .strictObject({
    for: z.enum(LIMIT_KINDS).describe("Whose calls are counted."),
    name: name
      .optional()
      .describe("Which user, agent, tool, server or tenant; without it, each that no other rule names."),
    server: name.optional().describe("Of a tool: the server that has it; without it, on any server."),
    tenant: name.optional().describe("Of a user or an agent: its tenant; without it, in any tenant."),
    requests: count.describe("Calls in each period."),
    period: durationSchema({ min: "100ms", max: "31d" }).prefault("1m").describe("The period."),
    burst: count.optional().describe("Calls at once after a rest; without it, as many as `requests`."),
  })
  .superRefine((rule, context) => {
    const isIdentity = rule.for !== "tool" && rule.for !== "server";
    refuseOddNames({ tenant: rule.tenant, ...(isIdentity ? { name: rule.name } : {}) }, context);
    if (rule.server !== undefined && rule.for !== "tool") {
      context.addIssue({ code: "custom", path: ["server"], message: "only a rule for a tool has a server" });
    }
    if (rule.tenant !== undefined && rule.for !== "user" && rule.for !== "agent") {
      const message = "only a rule for a user or an agent has a tenant";
      context.addIssue({ code: "custom", path: ["tenant"], message });
    }
    if (rule.requests > rule.period * MAX_PER_MS) {
      const message = `must be at most ${MAX_PER_MS} in a millisecond`;
      context.addIssue({ code: "custom", path: ["requests"], message });
    }
  });

/** Section `rateLimits`: how many calls users, agents, tools, servers and tenants may take. */
export const rateLimitsSchema = z.strictObject({
  rules: z
    .array(ruleSchema)
    .max(MAX_RULES)
    .superRefine((rules, context) => {
      const seen = new Map<string, number>();
      for (const [at, rule] of rules.entries()) {
        const identity = identityOf(rule);
        const first = seen.get(identity);
        if (first === undefined) {
          seen.set(identity, at);
          continue;
        }
        // Names count as one without case and Unicode forms: a second rule would never apply.
        const message = `is about the same as rateLimits.rules.${first}`;
        context.addIssue({ code: "custom", path: [at], message });
      }
    })
    .default([])
    .describe("Limits; a call counts toward each that applies to it. Without one nothing is counted."),
  maxSubjects: z
    .number()
    .int()
    .min(100)
    .max(1_000_000)
    .default(50_000)
    .describe(
      "Users, agents, tools, servers and tenants of each kind that are counted one by one in this process; more of one kind share one limit until others have rested.",
    ),
});
