import type { BudgetShown, PayerKind } from "../../domain/quotas.ts";
import type { Budget, BudgetRuleShown, PriceRuleShown } from "./responses.ts";

export function showBudget({ endsAt, ...budget }: BudgetShown): Budget {
  return { ...budget, ends_at: new Date(endsAt).toISOString() };
}

export function showPrice(price: {
  readonly server: string;
  readonly tool?: string | undefined;
  readonly perCall?: string | undefined;
  readonly perUnit?: string | undefined;
  readonly units?: string | undefined;
  readonly expectedUnits: number;
}): PriceRuleShown {
  const { server, tool = null, perCall = null, perUnit = null, units = null, expectedUnits } = price;
  return { server, tool, per_call: perCall, per_unit: perUnit, units, expected_units: expectedUnits };
}

export function showRule(rule: {
  readonly for: PayerKind;
  readonly name?: string | undefined;
  readonly tenant?: string | undefined;
  readonly daily?: string | undefined;
  readonly monthly?: string | undefined;
  readonly stop: "hard" | "soft";
}): BudgetRuleShown {
  const { name = null, tenant = null, daily = null, monthly = null, stop } = rule;
  return { for: rule.for, name, tenant, daily, monthly, stop };
}
