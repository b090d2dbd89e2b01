import { z } from "zod";
import { BUDGET_PERIODS } from "../../domain/quotas.ts";
import { reason } from "@sark/http-api/operations";
import { identityName } from "../parameters/identity-name.ts";

const period = z.enum(BUDGET_PERIODS).optional().describe("Without it, both");
/** At most nine digits before and after the point: what sums can hold. */
const amount = z
  .string()
  .regex(
    /^-?(?:0|[1-9]\d{0,8})(?:\.\d{1,9})?$/,
    "must be an amount such as -2.50, with at most nine decimals",
  );

const selector = {
  user: identityName.optional().describe("A user; with `tenant`, that of this tenant"),
  agent: identityName.optional().describe("An agent; with `tenant`, that of this tenant"),
  tenant: identityName.optional().describe("A tenant, or that of `user` or `agent`"),
};
export type PayerSelector = z.output<z.ZodObject<typeof selector>>;

const NAME_ONE = {
  error: "name one: a user or an agent, with or without its tenant; or a tenant",
  path: ["user"],
};
const notBoth = ({ user, agent }: PayerSelector) => user === undefined || agent === undefined;
const one = (selector: PayerSelector) => notBoth(selector) && !namesNoPayer(selector);

export const quotaQuery = z.strictObject(selector).refine(notBoth, NAME_ONE);
export const quotaReset = z.strictObject({ ...selector, period, reason }).refine(one, NAME_ONE);
export const quotaAdjust = z
  .strictObject({
    ...selector,
    period,
    amount: amount.describe("Added to what is used; below 0 it is given back"),
    reason,
  })
  .refine(one, NAME_ONE);
export type QuotaReset = z.output<typeof quotaReset>;
export type QuotaAdjust = z.output<typeof quotaAdjust>;

export function namesNoPayer({ user, agent, tenant }: PayerSelector): boolean {
  return [user, agent, tenant].every((value) => value === undefined);
}
