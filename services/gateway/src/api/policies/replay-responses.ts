import { z } from "zod";
import { DECISION_CODES } from "../../domain/authorization.ts";
import { NOT_EVALUABLE } from "../../governance/recorded-case.ts";

const count = z.number().int();
const names = z.array(z.string());

const policyChange = z
  .object({
    event_id: z.string(),
    seq: count,
    timestamp: z.iso.datetime(),
    change: z.enum(["allow_to_deny", "deny_to_allow"]),
    user_id: z.string().nullable(),
    agent_id: z.string().nullable(),
    tenant: z.string().nullable(),
    server: z.string().nullable(),
    tool: z.string().nullable(),
    action: z.string(),
    recorded: z.object({ code: z.string(), policies: names, revision: z.string().nullable() }),
    replayed: z.object({ code: z.enum(DECISION_CODES), reason: z.string(), policies: names }),
  })
  .meta({ id: "PolicyChange" });
export type PolicyChangeShown = z.output<typeof policyChange>;

const notEvaluable = z.enum(NOT_EVALUABLE);

export const policyReplay = z
  .object({
    engine: z.enum(["cedar", "opa"]),
    revision: z.string().nullable().describe("Of the policies that were tried"),
    decisions: count.describe("Recorded decisions of policies that were looked at"),
    unchanged: count.describe("Of them, those that would be the same"),
    allow_to_deny: count,
    deny_to_allow: count,
    changes: z.array(policyChange).describe("Newest first"),
    not_evaluable: z.object({
      total: count,
      reasons: z.array(z.object({ reason: notEvaluable, decisions: count })),
      events: z.array(z.object({ event_id: z.string(), reason: notEvaluable })).describe("At most 1,000"),
    }),
    next_cursor: z.string().nullable().describe("To go on; `null` at the end"),
    ended_by: z.enum(["end", "limit", "time"]),
  })
  .meta({ id: "PolicyReplay" });
export type PolicyReplayShown = z.output<typeof policyReplay>;
