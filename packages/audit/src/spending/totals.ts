import { newEventId } from "../events/event-id.ts";
import type { Budget, BudgetState, Period, Warning } from "./types.ts";

/** A row of `spending_totals`, held by its lock until the transaction ends. */
export interface Total {
  readonly payer: string;
  readonly period: Period;
  readonly starts: string;
  readonly adjusted: bigint;
  spent: bigint;
  reserved: bigint;
  warned: number;
}

/** The totals that a batch changes, by payer, period and start. */
export interface Totals {
  /** Today, UTC, by the database's clock: `2026-07-01`. */
  readonly today: string;
  /** When the transaction began, by the database's clock, in Unix milliseconds. */
  readonly now: number;
  of(payer: string, period: Period, day: string): Total;
  all(): Iterable<Total>;
}

/** Of a payer on a day; `null` for the day it is by the database's clock. */
export interface PayerDay {
  readonly payer: string;
  readonly day: string | null;
}

export function createTotals(today: string, now: number, held: readonly Total[]): Totals {
  const totals = new Map(held.map((total) => [keyOf(total.payer, total.period, total.starts), total]));
  return {
    today,
    now,
    of(payer, period, day) {
      const total = totals.get(keyOf(payer, period, startOf(period, day)));
      if (total === undefined) {
        throw new Error(`the total of ${payer} was not locked`);
      }
      return total;
    },
    all: () => totals.values(),
  };
}

/** A total that has no room in its column stays at the largest: one call more must not end the charging of all others. */
const MOST = 9_000_000_000_000_000_000n;

export function storable(total: bigint): bigint {
  return total > MOST ? MOST : total;
}

export function startOf(period: Period, day: string): string {
  return period === "day" ? day : `${day.slice(0, 7)}-01`;
}

/** The day of a time in Unix milliseconds, UTC. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

function keyOf(payer: string, period: Period, starts: string): string {
  return `${period} ${starts} ${payer}`;
}

export function stateOf(budget: Budget, { starts, spent, reserved, adjusted }: Total): BudgetState {
  return { budget, starts, spent, reserved, adjusted };
}

const LEVELS = [100, 80, 50] as const;

/** The level that is reached for the first time in this period, if one is: `atLeast` where a call did not fit. */
export function warningOf(budget: Budget, total: Total, atLeast = 0): Warning | null {
  const used = total.spent + total.adjusted;
  const reached = LEVELS.find((level) => level <= atLeast || used * 100n >= budget.limit * BigInt(level));
  if (reached === undefined || reached <= total.warned) {
    return null;
  }
  total.warned = reached;
  return { id: newEventId(), state: stateOf(budget, total), level: reached };
}
