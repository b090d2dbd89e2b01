import { z } from "zod";
import { BUDGET_PERIODS, PAYER_KINDS } from "../../domain/quotas.ts";

const amount = z.string();

const budget = z
  .object({
    kind: z.enum(PAYER_KINDS),
    name: z.string(),
    tenant: z.string().nullable().describe("Of a user or an agent"),
    period: z.enum(BUDGET_PERIODS),
    limit: amount,
    stop: z.enum(["hard", "soft"]),
    used: amount.describe("What was spent, with what operators added or gave back"),
    reserved: amount.describe("For calls that run"),
    remaining: amount,
    ends_at: z.string().describe("When it begins anew"),
  })
  .meta({ id: "Budget" });
export type Budget = z.output<typeof budget>;

const priceRule = z
  .object({
    server: z.string(),
    tool: z.string().nullable().describe("`null`: each that no other price names"),
    per_call: amount.nullable(),
    per_unit: amount.nullable(),
    units: z.string().nullable().describe("JSON pointer into the result"),
    expected_units: z.number().int(),
  })
  .meta({ id: "PriceRule" });
export type PriceRuleShown = z.output<typeof priceRule>;

const budgetRule = z
  .object({
    for: z.enum(PAYER_KINDS),
    name: z.string().nullable().describe("`null`: each that no other budget names"),
    tenant: z.string().nullable(),
    daily: amount.nullable(),
    monthly: amount.nullable(),
    stop: z.enum(["hard", "soft"]),
  })
  .meta({ id: "BudgetRule" });
export type BudgetRuleShown = z.output<typeof budgetRule>;

export const quotas = z
  .object({
    currency: z.string(),
    prices: z.array(priceRule).describe("As configured"),
    rules: z.array(budgetRule).describe("As configured"),
    budgets: z
      .array(budget)
      .describe("How those of the payer stand that was asked about; empty where it has none"),
  })
  .meta({ id: "Quotas" });
export type QuotasShown = z.output<typeof quotas>;

export const budgets = z.object({ currency: z.string(), budgets: z.array(budget) }).meta({ id: "Budgets" });
export type Budgets = z.output<typeof budgets>;
