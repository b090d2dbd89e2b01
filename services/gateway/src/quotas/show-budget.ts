import type { BudgetState } from "@sark/audit/spending";
import type { BudgetShown } from "../domain/quotas.ts";
import type { Payer, PayerBudget } from "./budget-book.ts";
import { formatAmount } from "./money.ts";

const MAX_NAME = 256;

/** What the ledger keeps of a payer with a warning, for whichever replica records it. */
export function labelOf({ kind, name, tenant }: Payer): string {
  const shown = name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 1)}…`;
  return JSON.stringify({ kind, name: shown, tenant });
}

/** The same of a budget that one of the replicas has asked about. */
export function showWarned(state: BudgetState): BudgetShown {
  const { payer: key, label = "{}", ...budget } = state.budget;
  const payer = JSON.parse(label) as Omit<Payer, "key">;
  return showBudget({ ...budget, payer: { ...payer, key } }, state);
}

export function showBudget({ payer, period, limit, hard }: PayerBudget, state: BudgetState): BudgetShown {
  const used = state.spent + state.adjusted;
  const left = limit - used - state.reserved;
  return {
    kind: payer.kind,
    name: payer.name,
    tenant: payer.kind === "tenant" ? null : payer.tenant,
    period,
    limit: formatAmount(limit),
    stop: hard ? "hard" : "soft",
    used: formatAmount(used),
    reserved: formatAmount(state.reserved),
    remaining: formatAmount(left < 0n ? 0n : left),
    endsAt: endOf(state),
  };
}

/** The first moment of the next period. */
function endOf({ starts, budget }: BudgetState): number {
  const [year = 1970, month = 1, day = 1] = starts.split("-").map(Number);
  return budget.period === "day" ? Date.UTC(year, month - 1, day + 1) : Date.UTC(year, month, 1);
}

/** Part of a budget that is used or reserved, from 0; above 1 where calls were allowed beyond it. */
export function usedShare({ budget: { limit }, spent, adjusted, reserved }: BudgetState): number {
  const used = spent + adjusted + reserved;
  return limit === 0n ? (used > 0n ? 1 : 0) : Number((used * 10_000n) / limit) / 10_000;
}
