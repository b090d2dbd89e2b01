import type { JsonObject } from "@sark/json";
import type { Awaitable } from "./awaitable.ts";
import type { CallResult } from "./governance.ts";
import type { Principal } from "./principal.ts";

/** Who has a budget. */
export const PAYER_KINDS = ["user", "agent", "tenant"] as const;
export type PayerKind = (typeof PAYER_KINDS)[number];

export const BUDGET_PERIODS = ["day", "month"] as const;
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

/** A call of a tool that may have a price. */
export interface PricedCall {
  readonly principal: Principal;
  readonly server: string;
  readonly tool: string;
}

/** A budget as callers and operators are told of it. Amounts are decimal texts in the currency. */
export interface BudgetShown {
  readonly kind: PayerKind;
  readonly name: string;
  readonly tenant: string | null;
  readonly period: BudgetPeriod;
  readonly limit: string;
  readonly stop: "hard" | "soft";
  readonly used: string;
  readonly reserved: string;
  readonly remaining: string;
  /** Unix milliseconds. */
  readonly endsAt: number;
}

/** What a call may spend. */
export type Allowance =
  /** It has no price. */
  | { readonly kind: "free" }
  | {
      readonly kind: "allowed";
      /** For the intent's metadata. */
      readonly marks: JsonObject;
      /**
       * Settles it; what it returns is for the outcome's metadata. Exactly one call counts. Never throws. `committed`: whether the
       * intent is, and with it what was reserved before it.
       */
      settle(result: CallResult, committed: boolean): JsonObject;
      /** It is not made after all. */
      release(): void;
    }
  | { readonly kind: "exceeded"; readonly budget: BudgetShown; readonly currency: string }
  /** The ledger cannot be asked, and the caller has a hard budget. */
  | { readonly kind: "unavailable" };

export interface Quotas {
  /** Reserves what is known of the price. Never rejects. */
  reserve(call: PricedCall): Awaitable<Allowance>;
}
