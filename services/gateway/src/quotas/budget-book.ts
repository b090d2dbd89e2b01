import type { BudgetPeriod, PayerKind, PricedCall } from "../domain/quotas.ts";
import { exactKey, foldedKey } from "@sark/json";
import { parseAmount } from "./money.ts";

/** A budget of the configuration. */
export interface BudgetRule {
  readonly for: PayerKind;
  readonly name?: string | undefined;
  readonly tenant?: string | undefined;
  readonly daily?: string | undefined;
  readonly monthly?: string | undefined;
  readonly stop: "hard" | "soft";
}

export interface Payer {
  readonly kind: PayerKind;
  /** As the call or the operator names it. */
  readonly name: string;
  readonly tenant: string | null;
  /** Equal for all spellings of the name but that of a tenant. */
  readonly key: string;
}

export interface PayerBudget {
  readonly payer: Payer;
  readonly period: BudgetPeriod;
  readonly limit: bigint;
  readonly hard: boolean;
}

export interface BudgetBook {
  /** Of this payer, by the most specific rule about it. */
  of(payer: Payer): readonly PayerBudget[];
}

const ANY = "*";

export function payerOf(kind: PayerKind, name: string, tenant: string | null): Payer {
  const within = tenant === null ? ANY : exactKey(tenant);
  return {
    kind,
    name,
    tenant,
    key: `${kind} ${within} ${kind === "tenant" ? exactKey(name) : foldedKey(name)}`,
  };
}

/** Who pays for a call: its user or agent, and their tenant. */
export function payersOf({ principal }: PricedCall): readonly Payer[] {
  const { type, id, tenant } = principal;
  const own = payerOf(type, id, tenant);
  return tenant === null ? [own] : [own, payerOf("tenant", tenant, null)];
}

/** Two budgets of the same identity are about the same payers. */
export function budgetIdentity({
  for: kind,
  name,
  tenant,
}: Pick<BudgetRule, "for" | "name" | "tenant">): string {
  const within = tenant === undefined ? ANY : foldedKey(tenant);
  return `${kind} ${within} ${name === undefined ? ANY : foldedKey(name)}`;
}

export function createBudgetBook(rules: readonly BudgetRule[]): BudgetBook {
  const book = new Map(rules.map((rule) => [budgetIdentity(rule), rule]));
  return {
    of(payer) {
      const { kind } = payer;
      const within = payer.tenant === null ? ANY : foldedKey(payer.tenant);
      const name = foldedKey(payer.name);
      const rule =
        book.get(`${kind} ${within} ${name}`) ??
        book.get(`${kind} ${ANY} ${name}`) ??
        book.get(`${kind} ${within} ${ANY}`) ??
        book.get(`${kind} ${ANY} ${ANY}`);
      if (rule === undefined) {
        return [];
      }
      const hard = rule.stop === "hard";
      const budgets: PayerBudget[] = [];
      if (rule.daily !== undefined) {
        budgets.push({ payer, period: "day", limit: parseAmount(rule.daily), hard });
      }
      if (rule.monthly !== undefined) {
        budgets.push({ payer, period: "month", limit: parseAmount(rule.monthly), hard });
      }
      return budgets;
    },
  };
}
