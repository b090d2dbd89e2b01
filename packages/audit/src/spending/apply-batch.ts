import type { Queryable } from "../postgres/queryable.ts";
import type { Charge, NewCharge } from "./charge.ts";
import { holdRows, writeRows, type HeldRows } from "./held-rows.ts";
import { stateOf, warningOf, type PayerDay } from "./totals.ts";
import { insertWarnings } from "./warnings.ts";
import {
  PERIODS,
  type BudgetState,
  type Reservation,
  type Reserved,
  type Settled,
  type Settlement,
  type Warning,
} from "./types.ts";

/** What one transaction does, in this order. */
export interface Batch {
  readonly reservations: readonly Reservation[];
  readonly settlements: readonly (Settlement & { readonly state?: "settled" | "presumed" | "released" })[];
}

export interface Applied {
  readonly reserved: readonly Reserved[];
  /** Of each settlement. */
  readonly settled: readonly Settled[];
}

/**
 * Settles and reserves, in a transaction of the caller's: one statement holds what is to change, one writes it.
 */
export async function applyBatch(client: Queryable, batch: Batch): Promise<Applied> {
  const { reservations, settlements } = batch;
  if (reservations.length === 0 && settlements.length === 0) {
    return { reserved: [], settled: [] };
  }
  const days: PayerDay[] = [
    ...reservations.flatMap(({ payers }) => payers.map((payer) => ({ payer, day: null }))),
    ...settlements.flatMap(({ unreserved }) =>
      unreserved === undefined
        ? []
        : unreserved.payers.map((payer) => ({ payer, day: dayOf(unreserved.at) })),
    ),
  ];
  const ids = settlements.map(({ id }) => id);
  const held: Work = { ...(await holdRows(client, ids, days)), added: new Map(), changed: new Set() };
  // Ends come first: what they give back is there for what begins.
  const settled = settlements.map((settlement) => settle(settlement, held));
  const reserved = reservations.map((reservation) => reserve(reservation, held));
  await writeRows(client, { ...held, added: held.added.values() });
  await insertWarnings(
    client,
    [...settled, ...reserved].flatMap(({ warnings }) => warnings),
  );
  return { reserved, settled };
}

interface Work extends HeldRows {
  readonly added: Map<string, NewCharge>;
  readonly changed: Set<Charge>;
}

function reserve(reservation: Reservation, { totals, added }: Work): Reserved {
  const { id, payers, amount, budgets } = reservation;
  const exceeded: BudgetState[] = [];
  const warnings: Warning[] = [];
  for (const budget of budgets) {
    const total = totals.of(budget.payer, budget.period, totals.today);
    const used = total.spent + total.adjusted + total.reserved;
    if (used + amount <= budget.limit && used < budget.limit) {
      continue;
    }
    const warning = warningOf(budget, total, 100);
    if (warning !== null) {
      warnings.push(warning);
    }
    if (budget.hard) {
      return { allowed: false, budget: stateOf(budget, total), warnings };
    }
    exceeded.push(stateOf(budget, total));
  }
  for (const payer of payers) {
    for (const period of PERIODS) {
      totals.of(payer, period, totals.today).reserved += amount;
    }
  }
  added.set(id, { id, payers, day: totals.today, at: null, state: "open", reserved: amount, amount });
  const states = budgets.map((budget) =>
    stateOf(budget, totals.of(budget.payer, budget.period, totals.today)),
  );
  return { allowed: true, states, exceeded, warnings };
}

function settle(
  { id, amount, state = "settled", unreserved, budgets }: Batch["settlements"][number],
  { charges, totals, added, changed }: Work,
): Settled {
  let charge = charges.get(id);
  if (charge === undefined) {
    if (unreserved === undefined) {
      // Of a database that was restored from before the call: it is charged when its record is found.
      return UNKNOWN;
    }
    const { payers, at } = unreserved;
    const begun: NewCharge = {
      id,
      payers,
      at,
      day: dayOf(at),
      reserved: 0n,
      state: "released",
      amount: 0n,
    };
    charges.set(id, begun);
    added.set(id, begun);
    charge = begun;
  } else if (!added.has(id)) {
    changed.add(charge);
  }
  const wasOpen = charge.state === "open";
  const counted = charge.state === "settled" || charge.state === "presumed" ? charge.amount : 0n;
  const counts = state === "released" ? 0n : amount;
  for (const payer of charge.payers) {
    for (const period of PERIODS) {
      const total = totals.of(payer, period, charge.day);
      total.reserved -= wasOpen ? charge.reserved : 0n;
      total.spent += counts - counted;
    }
  }
  charge.state = state;
  charge.amount = counts;
  const { payers, day } = charge;
  const own = budgets
    .filter(({ payer }) => payers.includes(payer))
    .map((budget) => ({ budget, total: totals.of(budget.payer, budget.period, day) }));
  return {
    states: own.map(({ budget, total }) => stateOf(budget, total)),
    warnings: own.flatMap(({ budget, total }) => warningOf(budget, total) ?? []),
  };
}

const UNKNOWN: Settled = { states: [], warnings: [] };

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
