import type {
  Budget,
  BudgetState,
  Reservation,
  Reserved,
  Settled,
  Settlement,
  Warning,
} from "@sark/audit/spending";

/** What keeps the accounts; `createLedger` of `@sark/audit/spending`. */
export interface SpendingLedger {
  reserve(reservation: Reservation): Promise<Reserved>;
  settle(settlement: Settlement): Promise<Settled>;
  recordWarnings(record: (warning: Warning) => Promise<void>): Promise<void>;
  states(budgets: readonly Budget[]): Promise<readonly BudgetState[]>;
  adjust(budget: Budget, by: bigint | "reset"): Promise<BudgetState>;
}
