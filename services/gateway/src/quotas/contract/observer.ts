import type { WarningLevel } from "@sark/audit/spending";
import type { BudgetShown, PricedCall } from "../../domain/quotas.ts";

export const UNITS_FAULTS = ["unreadable", "too_many", "no_result"] as const;
export type UnitsFault = (typeof UNITS_FAULTS)[number];

/** What happens to budgets, as a closed list; the gateway's telemetry counts, logs and records it. */
export interface QuotaObserver {
  /** A call has cost something, in the currency. */
  charged(call: PricedCall, cost: number): void;
  /** A share of a budget is used up, in percent: said once in each period. */
  warned(budget: BudgetShown, level: WarningLevel): void;
  /** A call was refused (`hard`), or allowed all the same (`soft`). */
  exceeded(call: PricedCall, budget: BudgetShown): void;
  /** How a budget stands now; `share` is the part that is used or reserved, 1 for all of it. */
  stands(budget: BudgetShown, share: number): void;
  /** The ledger could not be asked: `refused`, or allowed and charged later. */
  unavailable(call: PricedCall, refused: boolean, error: unknown): void;
  /** What a result says of its units cannot be charged: those that were expected were, or the most that may be. */
  unreadableUnits(call: PricedCall, fault: UnitsFault): void;
}
