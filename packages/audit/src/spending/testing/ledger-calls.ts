import { newEventId } from "../../events/event-id.ts";
import type { Ledger } from "../ledger.ts";
import type { Budget, Reservation, SpendingMark } from "../types.ts";

/** Of a day and of a month; leases hold at most a thousandth of the first. */
export function budgetsOf(payer: string, limit = 1_000_000n, hard = true): [Budget, Budget] {
  return [
    { payer, period: "day", limit, hard },
    { payer, period: "month", limit: limit * 10n, hard },
  ];
}

export function call(budgets: readonly Budget[], amount = 10n, more: Partial<Reservation> = {}): Reservation {
  const payers = [...new Set(budgets.map(({ payer }) => payer))];
  return { id: newEventId(), payers, amount, most: amount, budgets, ...more };
}

/** A call that was allowed, and what its intent says of it. */
export interface Allowed {
  readonly reservation: Reservation;
  readonly mark: SpendingMark;
  readonly isDrawn: boolean;
}

/** `null` for a call that is refused. */
export async function begin(ledger: Ledger, reservation: Reservation): Promise<Allowed | null> {
  const reserved = await ledger.reserve(reservation);
  if (!reserved.allowed) {
    return null;
  }
  const { id, payers, amount } = reservation;
  const { drawnAt } = reserved;
  const mark = { id, reserved: String(amount), ...(drawnAt === undefined ? {} : { payers, at: drawnAt }) };
  return { reservation, mark, isDrawn: drawnAt !== undefined };
}

/** Calls that end, until one is drawn, which goes on. */
export async function untilDrawn(ledger: Ledger, make: () => Reservation): Promise<Allowed> {
  for (;;) {
    const begun = await begin(ledger, make());
    if (begun === null) {
      throw new Error("a call far from the limit was refused");
    }
    if (begun.isDrawn) {
      return begun;
    }
    await ledger.settle({ id: begun.reservation.id, amount: 0n, budgets: [] });
  }
}
