import { z } from "zod";
import { refuseOddNames } from "@sark/authentication/config";
import { PAYER_KINDS } from "../domain/quotas.ts";
import { AMOUNT, formatAmount, MAX_COST, parseAmount } from "./money.ts";
import { priceIdentity } from "./price-book.ts";
import { budgetIdentity } from "./budget-book.ts";

const name = z.string().min(1).max(256);
const amount = z
  .string()
  .regex(AMOUNT, 'must be an amount in quotes such as "0.0025", with at most nine decimals');
const POINTER = /^(?:\/(?:[^~/]|~0|~1)*)+$/;

const priceSchema = z
  .strictObject({
    server: name.describe("The server that has the tool."),
    tool: name.optional().describe("Which tool; without it, each of the server that no other price names."),
    perCall: amount.optional().describe("For each call."),
    perUnit: amount.optional().describe("For each unit that the result says."),
    units: z
      .string()
      .max(512)
      .regex(POINTER, "must be a JSON pointer such as /_meta/usage/tokens")
      .optional()
      .describe(
        "Where the result says the units: a JSON pointer into it, such as `/_meta/tokens` or `/structuredContent/rows`.",
      ),
    expectedUnits: z
      .number()
      .int()
      .min(0)
      .max(1_000_000_000)
      .default(0)
      .describe(
        "Units that are reserved while the call runs, and charged when it ends without a result that can be read (timeout, cancelled, too large), or whose units are no number. A result that says none costs none.",
      ),
    maxUnits: z
      .number()
      .int()
      .min(1)
      .max(1_000_000_000_000)
      .optional()
      .describe(
        "Most units that one call is charged for; a result that says more is charged for so many. Without it: as many as cost 1000000.",
      ),
  })
  .refine(({ maxUnits, units }) => maxUnits === undefined || units !== undefined, {
    message: "maxUnits goes with units",
    path: ["maxUnits"],
  })
  .refine(({ maxUnits, expectedUnits }) => maxUnits === undefined || expectedUnits <= maxUnits, {
    message: "must be at least expectedUnits",
    path: ["maxUnits"],
  })
  .refine(({ perCall, perUnit }) => perCall !== undefined || perUnit !== undefined, {
    message: "give perCall, perUnit or both",
  })
  .refine(({ perUnit, units }) => (perUnit === undefined) === (units === undefined), {
    message: "give perUnit and units together",
  })
  .refine((price) => expectedCost(price) <= MAX_COST, {
    message: `a call may cost at most ${formatAmount(MAX_COST)} (perCall and expectedUnits)`,
  });

/** 0 where an amount is none: that is told by itself. */
function expectedCost(price: {
  perCall?: string | undefined;
  perUnit?: string | undefined;
  expectedUnits: number;
}): bigint {
  const { perCall = "0", perUnit = "0", expectedUnits } = price;
  return AMOUNT.test(perCall) && AMOUNT.test(perUnit)
    ? parseAmount(perCall) + parseAmount(perUnit) * BigInt(expectedUnits)
    : 0n;
}

const budgetSchema = z
  .strictObject({
    for: z.enum(PAYER_KINDS).describe("Who has it."),
    name: name
      .optional()
      .describe("Which user, agent or tenant; without it, each that no other budget names."),
    tenant: name.optional().describe("Of a user or an agent: its tenant; without it, in any tenant."),
    daily: amount.optional().describe("For each day, UTC."),
    monthly: amount.optional().describe("For each month, UTC."),
    stop: z
      .enum(["hard", "soft"])
      .default("hard")
      .describe(
        "What happens to calls that do not fit: refused (`hard`), or allowed and marked in their records (`soft`).",
      ),
  })
  .refine(({ daily, monthly }) => daily !== undefined || monthly !== undefined, {
    message: "give daily, monthly or both",
  })
  .superRefine(({ name, tenant }, context) => refuseOddNames({ name, tenant }, context))
  .refine((budget) => budget.for !== "tenant" || budget.tenant === undefined, {
    message: "only a budget for a user or an agent has a tenant",
    path: ["tenant"],
  });

/** Section `quotas`: what tools cost, and what users, agents and tenants may spend. */
export const quotasSchema = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Za-z]{2,12}$/, "must be up to 12 letters")
    .default("USD")
    .describe("Name of the unit of all amounts, in messages."),
  prices: z
    .array(priceSchema)
    .max(1_000)
    .superRefine((prices, context) =>
      refuseRepeated(prices, ({ server, tool }) => priceIdentity({ server, tool }), "prices", context),
    )
    .default([])
    .describe("What calls of tools cost; a tool without a price is free, and no budget stops it."),
  budgets: z
    .array(budgetSchema)
    .max(1_000)
    .superRefine((budgets, context) => refuseRepeated(budgets, budgetIdentity, "budgets", context))
    .default([])
    .describe("What may be spent. Each payer's budgets begin anew with the day and the month, UTC."),
});

function refuseRepeated<T>(
  entries: readonly T[],
  identityOf: (entry: T) => string,
  list: string,
  context: z.core.$RefinementCtx<T[]>,
): void {
  const seen = new Map<string, number>();
  for (const [at, entry] of entries.entries()) {
    const identity = identityOf(entry);
    const first = seen.get(identity);
    if (first === undefined) {
      seen.set(identity, at);
      continue;
    }
    context.addIssue({ code: "custom", path: [at], message: `is about the same as quotas.${list}.${first}` });
  }
}
