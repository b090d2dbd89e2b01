import type { Budget } from "@sark/audit/spending";
import type { PricedCall } from "../domain/quotas.ts";
import { payersOf, type BudgetBook, type PayerBudget } from "./budget-book.ts";
import { labelOf } from "./show-budget.ts";

/** Who pays for the calls of a caller, and from which budgets. */
export interface Account {
  /** Names of the payers in the ledger. */
  readonly payers: readonly string[];
  readonly budgets: readonly PayerBudget[];
  /** The same, as the ledger has them. */
  readonly inLedger: readonly Budget[];
  readonly hasHardBudget: boolean;
}

/** As many callers are remembered: names are folded and rules looked up once, not for each call. */
const MAX_REMEMBERED = 1_000;

export function createAccounts(book: BudgetBook): { of(call: PricedCall): Account } {
  const remembered = new Map<string, Account>();
  return {
    of(call) {
      const { type, id, tenant } = call.principal;
      // Its length keeps a tenant apart from the name that follows.
      const key = `${type} ${tenant?.length ?? "none"} ${tenant ?? ""} ${id}`;
      let account = remembered.get(key);
      if (account === undefined) {
        account = toAccount(call, book);
        const [oldest] = remembered.size < MAX_REMEMBERED ? [] : remembered.keys();
        remembered.delete(oldest ?? key);
        remembered.set(key, account);
      }
      return account;
    },
  };
}

function toAccount(call: PricedCall, book: BudgetBook): Account {
  const payers = payersOf(call);
  const budgets = payers.flatMap(book.of);
  return {
    payers: payers.map(({ key }) => key),
    budgets,
    inLedger: budgets.map(toBudget),
    hasHardBudget: budgets.some(({ hard }) => hard),
  };
}

/** A budget as the ledger has it. */
export function toBudget({ payer, period, limit, hard }: PayerBudget): Budget {
  return { payer: payer.key, label: labelOf(payer), period, limit, hard };
}
