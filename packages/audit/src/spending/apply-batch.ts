import type { Queryable } from "../postgres/queryable.ts";
import {
  applyLease,
  writeLeases,
  type LeaseChanges,
  type LeaseHeld,
  type LeaseStep,
} from "./apply-leases.ts";
import type { Charge, NewCharge } from "./charge.ts";
import { holdRows, writeRows, type HeldRows } from "./held-rows.ts";
import { dayOf, stateOf, warningOf, type PayerDay, type Total } from "./totals.ts";
import { insertWarnings } from "./warnings.ts";
import {
  PERIODS,
  type Budget,
  type BudgetState,
  type Reservation,
  type Reserved,
  type Settled,
  type Settlement,
  type Warning,
} from "./types.ts";

/** A call that runs, and of which there may be no row yet. */
export interface Running {
  readonly id: string;
  /** None where only a row that there is already can be noted: its reservation was lost with the database. */
  readonly payers: readonly string[];
  /** When it began, in Unix milliseconds. */
  readonly at: number;
  readonly reserved: bigint;
  /** Whether its intent is on record. */
  readonly begun: boolean;
}

/** What one transaction does, in this order. */
export interface Batch {
  readonly running?: readonly Running[];
  readonly settlements: readonly (Settlement & { readonly state?: "settled" | "presumed" | "released" })[];
  readonly reservations?: readonly Reservation[];
  readonly leases?: readonly LeaseStep[];
}

export interface Applied {
  /** When the transaction began, by the database's clock, in Unix milliseconds. */
  readonly now: number;
  readonly reserved: readonly Reserved[];
  /** Of each settlement. */
  readonly settled: readonly Settled[];
  /** Of each step. */
  readonly leases: readonly LeaseHeld[];
}

/**
 * Settles and reserves, in a transaction of the caller's: one statement holds what is to change, one writes it.
 */
export async function applyBatch(client: Queryable, batch: Batch): Promise<Applied> {
  const { settlements, running = [], reservations = [], leases = [] } = batch;
  if ([settlements, running, reservations, leases].every(({ length }) => length === 0)) {
    return { now: 0, reserved: [], settled: [], leases: [] };
  }
  const ids = [...settlements, ...running, ...leases].map(({ id }) => id);
  const held = await holdRows(client, ids, daysOf(batch));
  const work: Work = { ...held, added: new Map(), changed: new Set() };
  const leaseChanges: LeaseChanges = { held: [], closed: [] };
  for (const call of running) {
    begin(call, work);
  }
  // Ends come before reservations: what they give back is there for what begins.
  const settled = withStates(settlements.map((settlement) => settle(settlement, work)));
  const reserved = reservations.map((reservation) => reserve(reservation, work));
  const leased = leases.map((step) => applyLease(step, work, leaseChanges));
  await writeRows(client, { ...work, added: work.added.values() });
  await writeLeases(client, leaseChanges);
  await insertWarnings(
    client,
    [...settled, ...reserved].flatMap(({ warnings }) => warnings),
  );
  return { now: held.totals.now, reserved, settled, leases: leased };
}

function daysOf({ settlements, running = [], reservations = [], leases = [] }: Batch): PayerDay[] {
  return distinct([
    ...reservations.flatMap(({ payers }) => payers.map((payer) => ({ payer, day: null }))),
    ...settlements.flatMap(({ unreserved }) =>
      unreserved === undefined ? [] : payersOn(unreserved.payers, unreserved.at),
    ),
    ...running.flatMap(({ payers, at }) => payersOn(payers, at)),
    ...leases.flatMap(({ payer, more }) => (more === null ? [] : { payer, day: null })),
  ]);
}

function payersOn(payers: readonly string[], at: number): PayerDay[] {
  const day = dayOf(at);
  return payers.map((payer) => ({ payer, day }));
}

/** Most calls of a batch have payers in common. */
function distinct(days: readonly PayerDay[]): PayerDay[] {
  return [...new Map(days.map((one) => [`${one.day} ${one.payer}`, one])).values()];
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
  added.set(id, {
    id,
    payers,
    day: totals.today,
    at: null,
    state: "open",
    reserved: amount,
    amount,
    begun: false,
  });
  const states = budgets.map((budget) =>
    stateOf(budget, totals.of(budget.payer, budget.period, totals.today)),
  );
  return { allowed: true, states, exceeded, warnings };
}

/**
 * Where there is a row, it is as good, but for what it does not know yet: a gateway may write it at the very moment at which a
 * reader of the log finds the intent.
 */
function begin({ id, payers, at, reserved, begun }: Running, work: Work): void {
  const { charges, totals, added } = work;
  const known = charges.get(id);
  if (known !== undefined) {
    if (begun && !known.begun) {
      noteBegun(known, work);
    }
    return;
  }
  if (payers.length === 0) {
    return;
  }
  const day = dayOf(at);
  for (const payer of payers) {
    for (const period of PERIODS) {
      totals.of(payer, period, day).reserved += reserved;
    }
  }
  const charge: NewCharge = { id, payers, at, day, state: "open", reserved, amount: reserved, begun };
  charges.set(id, charge);
  added.set(id, charge);
}

/** One that was released because its record was late counts again. */
function noteBegun(charge: Charge, work: Work): void {
  charge.begun = true;
  if (charge.state === "released") {
    const { id, reserved } = charge;
    settle({ id, amount: reserved, state: "presumed", budgets: [] }, work);
  } else if (!work.added.has(charge.id)) {
    work.changed.add(charge);
  }
}

interface SettledTotals {
  readonly warnings: readonly Warning[];
  readonly own: readonly { readonly budget: Budget; readonly total: Total }[];
}

function settle(
  { id, amount, state = "settled", unreserved, budgets }: Batch["settlements"][number],
  { charges, totals, added, changed }: Work,
): SettledTotals {
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
      begun: false,
    };
    charges.set(id, begun);
    added.set(id, begun);
    charge = begun;
  } else if (!added.has(id)) {
    changed.add(charge);
  }
  const released = charge.state === "open" ? charge.reserved : 0n;
  const counted = charge.state === "settled" || charge.state === "presumed" ? charge.amount : 0n;
  const counts = state === "released" ? 0n : amount;
  for (const payer of charge.payers) {
    for (const period of PERIODS) {
      const total = totals.of(payer, period, charge.day);
      total.reserved -= released;
      total.spent += counts - counted;
    }
  }
  charge.state = state;
  charge.amount = counts;
  const { payers, day } = charge;
  const own = budgets
    .filter(({ payer }) => payers.includes(payer))
    .map((budget) => ({ budget, total: totals.of(budget.payer, budget.period, day) }));
  return { own, warnings: own.flatMap(({ budget, total }) => warningOf(budget, total) ?? []) };
}

const UNKNOWN: SettledTotals = { own: [], warnings: [] };

/** How each total stands is said once, by the last that changes it: many calls have their payers in common. */
function withStates(settled: readonly SettledTotals[]): Settled[] {
  const said = new Set<Total>();
  return settled
    .toReversed()
    .map(({ own, warnings }) => {
      const states = own.flatMap(({ budget, total }) => (said.has(total) ? [] : [stateOf(budget, total)]));
      for (const { total } of own) {
        said.add(total);
      }
      return { states, warnings };
    })
    .toReversed();
}
