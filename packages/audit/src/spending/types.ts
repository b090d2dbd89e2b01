/** Budgets begin anew with each day and month, UTC. */
export const PERIODS = ["day", "month"] as const;
/** Of a budget: a day or a month, UTC. */
export type Period = (typeof PERIODS)[number];

/** What a payer may spend in a period. Amounts are whole billionths of the currency. */
export interface Budget {
  /** Names the payer, e.g. a user of a tenant; the same on all replicas. */
  readonly payer: string;
  readonly period: Period;
  /** What is kept of the payer with a warning, as it is, for who records it. Default: `payer`. */
  readonly label?: string;
  readonly limit: bigint;
  /** Whether a call that does not fit is refused; else it is allowed and said to exceed it. */
  readonly hard: boolean;
}

/** How a budget stands. */
export interface BudgetState {
  readonly budget: Budget;
  /** First day of the period: `2026-07-01`. */
  readonly starts: string;
  readonly spent: bigint;
  /** For calls that run. */
  readonly reserved: bigint;
  /** What operators added to it or, below 0, gave back. */
  readonly adjusted: bigint;
}

/** A call that is about to run. */
export interface Reservation {
  /** A UUID; the records of the call carry it. */
  readonly id: string;
  /** All who pay for it, with or without a budget. */
  readonly payers: readonly string[];
  /** What it costs at least, as far as that is known before. */
  readonly amount: bigint;
  /** What it can cost at most: only where so much is there is it drawn from a lease. Default: not known, it never is. */
  readonly most?: bigint;
  /** Of its payers. */
  readonly budgets: readonly Budget[];
}

/** Whether a call may run: what it costs at least is then reserved. */
export type Reserved =
  | {
      readonly allowed: true;
      /**
       * When it was drawn from leases, by the database's clock, in Unix milliseconds: it has no row yet, so that its records
       * name this time and its payers. Without it, it has a row.
       */
      readonly drawnAt?: number;
      /** How all its budgets stand now; none of a call that was drawn. */
      readonly states: readonly BudgetState[];
      /** Soft budgets that had no room for it, as they stood before. */
      readonly exceeded: readonly BudgetState[];
      readonly warnings: readonly Warning[];
    }
  /** A hard budget has no room for it: nothing is reserved. */
  | { readonly allowed: false; readonly budget: BudgetState; readonly warnings: readonly Warning[] };

/** A call that has ended. Settling it again, with whatever amount, counts the newest amount once. */
export interface Settlement {
  readonly id: string;
  readonly amount: bigint;
  /** Who pays, and when (Unix milliseconds), where it may be that nothing is reserved; they count only then. */
  readonly unreserved?: { readonly payers: readonly string[]; readonly at: number };
  /** Of its payers, for warnings. */
  readonly budgets: readonly Budget[];
}

/** What came of a settlement. */
export interface Settled {
  /** How the budgets stand now, without those that the end of another call, in the same transaction, says more newly. */
  readonly states: readonly BudgetState[];
  readonly warnings: readonly Warning[];
}

/** In percent of a budget. */
export type WarningLevel = 50 | 80 | 100;

/** More than a share of a budget is spent: once in each period. It is kept until `Ledger.recordWarnings` has recorded it. */
export interface Warning {
  /** A UUID, for the `gateway_request_id` of its event: by this it is known that there is one. */
  readonly id: string;
  readonly state: BudgetState;
  /** In percent. */
  readonly level: WarningLevel;
}

/**
 * What the records of a call say of its price, as `metadata.spending`. Amounts are whole billionths, in decimal digits:
 * the reserved one stands in the intent, the amount in the outcome; the payers stand in the intent of a call that was drawn
 * from leases, and in an outcome of which nothing may be reserved. `at`, in Unix milliseconds, is when a call was drawn.
 */
export interface SpendingMark {
  readonly id: string;
  readonly reserved?: string;
  readonly amount?: string;
  readonly payers?: readonly string[];
  readonly at?: number;
}
