import { z } from "zod";
import { DECISION_CODES } from "../../domain/authorization.ts";

const engine = z.enum(["cedar", "opa"]);
const revision = z.string().nullable().describe("Digest of the Cedar files, or OPA's bundle revision");
const line = z.number().int().nullable().describe("From 1 on");

const policyEntry = z
  .object({
    id: z.string(),
    file: z.string(),
    line: z.number().int(),
    reason: z.string().nullable().describe("Its `@reason`"),
  })
  .meta({ id: "PolicyEntry" });

export const policies = z
  .object({
    engine,
    revision,
    loaded_at: z.iso.datetime().nullable(),
    policies: z.array(policyEntry).nullable().describe("`null` where they are OPA's"),
    next_cursor: z.string().nullable(),
    total: z.number().int().nullable(),
    warnings: z.array(z.string()).describe("What the validator found questionable"),
    last_error: z
      .object({
        message: z.string(),
        file: z.string().nullable(),
        line,
        at: z.iso.datetime(),
      })
      .nullable()
      .describe("Why the newest edit is not in force; `null` when what is on disk is"),
    opa_path: z.string().nullable().describe("Path of OPA's decision document"),
  })
  .meta({ id: "Policies" });
export type PoliciesShown = z.output<typeof policies>;

const policyProblem = z
  .object({ file: z.string().nullable(), line, message: z.string() })
  .meta({ id: "PolicyProblem" });

export const policyValidation = z
  .object({
    valid: z.boolean(),
    revision,
    policies: z.number().int().nullable(),
    problems: z.array(policyProblem).describe("At most 100"),
    warnings: z.array(z.string()).describe("At most 100"),
  })
  .meta({ id: "PolicyValidation" });
export type PolicyValidationShown = z.output<typeof policyValidation>;

export const policyTest = z
  .object({
    decision: z.enum(["allow", "deny"]),
    code: z.enum(DECISION_CODES),
    reason: z.string(),
    policies: z
      .array(z.string())
      .describe("Ids of the policies that determine it; none is denied by default"),
    engine,
    revision,
  })
  .meta({ id: "PolicyTest" });
export type PolicyTestShown = z.output<typeof policyTest>;
