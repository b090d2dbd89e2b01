import type { Queryable } from "../postgres/queryable.ts";
import type { Charge, NewCharge } from "./charge.ts";
import { isFarFromLimit } from "./lease-terms.ts";
import type { Totals } from "./totals.ts";
import { PERIODS, type Budget } from "./types.ts";

/** What becomes of a lease: an open row with one payer, whose intent there will never be. */
export interface LeaseStep {
  readonly id: string;
  readonly payer: string;
  /** All of the payer's. */
  readonly budgets: readonly Budget[];
  /** What it has to hold: it is written as it is, so that a step of which it is not known what became of it can be done again. */
  readonly holds: bigint;
  /** So much more, from now on; `null` where it is not taken or renewed. */
  readonly more: bigint | null;
}

export interface LeaseHeld {
  /** Else there is nothing to draw from: it was given back, or released because it was not renewed. */
  readonly isOpen: boolean;
  /** What it has more; `null` where it is not renewed: a budget is near its limit, or its day is over. */
  readonly granted: bigint | null;
}

/** What a transaction changes of leases. */
export interface LeaseChanges {
  readonly held: { readonly id: string; readonly reserved: bigint; readonly isRenewed: boolean }[];
  readonly closed: string[];
}

const NOT_OPEN: LeaseHeld = { isOpen: false, granted: null };

/** In a transaction that holds the rows of the lease and of its payer's totals. */
export function applyLease(
  step: LeaseStep,
  rows: {
    readonly charges: Map<string, Charge>;
    readonly totals: Totals;
    readonly added: Map<string, NewCharge>;
  },
  changes: LeaseChanges,
): LeaseHeld {
  const { id, payer, holds, more } = step;
  const { charges, totals, added } = rows;
  const charge = charges.get(id);
  if (charge === undefined) {
    const granted = more === null ? null : grant(step, more, totals);
    if (granted === null) {
      return NOT_OPEN;
    }
    const reserved = holds + granted;
    reserveMore(totals, payer, totals.today, reserved);
    const terms = { day: totals.today, at: null, state: "open" as const, begun: false };
    added.set(id, { id, payers: [payer], ...terms, reserved, amount: reserved });
    return { isOpen: true, granted };
  }
  if (charge.state !== "open") {
    return NOT_OPEN;
  }
  reserveMore(totals, payer, charge.day, holds - charge.reserved);
  const granted = more === null || charge.day !== totals.today ? null : grant(step, more, totals);
  reserveMore(totals, payer, charge.day, granted ?? 0n);
  const reserved = holds + (granted ?? 0n);
  if (reserved === 0n && granted === null) {
    changes.closed.push(id);
    return NOT_OPEN;
  }
  changes.held.push({ id, reserved, isRenewed: granted !== null });
  return { isOpen: true, granted };
}

function grant({ payer, budgets }: LeaseStep, more: bigint, totals: Totals): bigint | null {
  const isFar = budgets.every((budget) => {
    const { spent, adjusted, reserved } = totals.of(payer, budget.period, totals.today);
    return isFarFromLimit(budget, spent + adjusted + reserved, more);
  });
  return isFar ? more : null;
}

function reserveMore(totals: Totals, payer: string, day: string, more: bigint): void {
  for (const period of PERIODS) {
    totals.of(payer, period, day).reserved += more;
  }
}

/** By the key alone, as all that calls wait for. */
const WRITE = `
  WITH closed AS (DELETE FROM spending_charges WHERE id = ANY ($4::uuid[]))
  UPDATE spending_charges SET
    reserved = ($2::bigint[])[array_position($1::uuid[], id)],
    amount = ($2::bigint[])[array_position($1::uuid[], id)],
    at = CASE WHEN ($3::boolean[])[array_position($1::uuid[], id)] THEN now() ELSE at END
  WHERE id = ANY ($1::uuid[])`;

/** Rows of leases that there are already. What is given back leaves no row: there would be one for each second of each payer. */
export async function writeLeases(client: Queryable, { held, closed }: LeaseChanges): Promise<void> {
  if (held.length === 0 && closed.length === 0) {
    return;
  }
  await client.query({
    name: "audit-spending-leases",
    text: WRITE,
    values: [
      held.map(({ id }) => id),
      held.map(({ reserved }) => String(reserved)),
      held.map(({ isRenewed }) => isRenewed),
      closed,
    ],
  });
}
