export type ChargeState = "open" | "settled" | "presumed" | "released";

/** A row of `spending_charges`. */
export interface Charge {
  readonly id: string;
  readonly payers: readonly string[];
  /** The day that it counts for, UTC. */
  readonly day: string;
  reserved: bigint;
  state: ChargeState;
  amount: bigint;
  /** Whether its intent is known to be on record. */
  begun: boolean;
}

/** `at` in Unix milliseconds; `null` for now. */
export interface NewCharge extends Charge {
  readonly at: number | null;
}
