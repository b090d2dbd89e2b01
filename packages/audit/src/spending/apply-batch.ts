import type { Queryable } from "../postgres/queryable.ts";
import { insertCharges, lockCharges, updateCharges, type Charge, type NewCharge } from "./charges.ts";
import { lockTotals, stateOf, warningOf, writeTotals, type PayerDay, type Totals } from "./totals.ts";
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
 * Settles and reserves, in a transaction of the caller's. Charges are locked before totals, both in the order of their keys:
 * batches of other replicas wait, and never for each other in a circle.
 */
export async function applyBatch(client: Queryable, batch: Batch): Promise<Applied> {
  const { reservations, settlements } = batch;
  const charges = await lockCharges(client, [...new Set(settlements.map(({ id }) => id))]);
  const days: PayerDay[] = [
    ...reservations.flatMap(({ payers }) => payers.map((payer) => ({ payer, day: null }))),
    ...[...charges.values()].flatMap(({ payers, day }) => payers.map((payer) => ({ payer, day }))),
    ...settlements.flatMap(({ id, unreserved }) =>
      unreserved === undefined || charges.has(id)
        ? []
        : unreserved.payers.map((payer) => ({ payer, day: dayOf(unreserved.at) })),
    ),
  ];
  if (days.length === 0 && reservations.length === 0) {
    return { reserved: [], settled: settlements.map(() => UNKNOWN) };
  }
  const totals = await lockTotals(client, days);
  const added: NewCharge[] = [];
  const changed = new Set<Charge>();
  // Ends come first: what they give back is there for what begins.
  const settled = settlements.map((settlement) => settle(settlement, { charges, totals, added, changed }));
  const reserved = reservations.map((reservation) => reserve(reservation, totals, added));
  await insertCharges(client, added);
  await updateCharges(client, [...changed]);
  await writeTotals(client, totals);
  await insertWarnings(
    client,
    [...settled, ...reserved].flatMap(({ warnings }) => warnings),
  );
  return { reserved, settled };
}

function reserve(reservation: Reservation, totals: Totals, added: NewCharge[]): Reserved {
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
  added.push({ id, payers, at: null, state: "open", reserved: amount, amount });
  const states = budgets.map((budget) =>
    stateOf(budget, totals.of(budget.payer, budget.period, totals.today)),
  );
  return { allowed: true, states, exceeded, warnings };
}

function settle(
  { id, amount, state = "settled", unreserved, budgets }: Batch["settlements"][number],
  held: {
    readonly charges: Map<string, Charge>;
    readonly totals: Totals;
    readonly added: NewCharge[];
    readonly changed: Set<Charge>;
  },
): Settled {
  const { charges, totals, added, changed } = held;
  const known = charges.get(id);
  if (known === undefined && unreserved === undefined) {
    // Of a database that was restored from before the call: it is charged when its record is found.
    return UNKNOWN;
  }
  const charge: Charge = known ?? {
    id,
    payers: unreserved?.payers ?? [],
    day: dayOf(unreserved?.at ?? 0),
    reserved: 0n,
    state: "released",
    amount: 0n,
  };
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
  if (known === undefined) {
    charges.set(id, charge);
    added.push({ ...charge, at: unreserved?.at ?? 0 });
  } else {
    changed.add(charge);
  }
  const own = budgets
    .filter(({ payer }) => charge.payers.includes(payer))
    .map((budget) => ({ budget, total: totals.of(budget.payer, budget.period, charge.day) }));
  return {
    states: own.map(({ budget, total }) => stateOf(budget, total)),
    warnings: own.flatMap(({ budget, total }) => warningOf(budget, total) ?? []),
  };
}

const UNKNOWN: Settled = { states: [], warnings: [] };

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
