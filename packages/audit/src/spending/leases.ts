import { newEventId } from "../events/event-id.ts";
import type { LeaseHeld, LeaseStep } from "./apply-leases.ts";
import { draw, isAlive, newLease, termOf, type DrawnCall, type Lease, type Moment } from "./lease.ts";
import type { Reservation } from "./types.ts";

/** What a transaction is to do with a lease. */
export interface LeaseToWrite {
  readonly lease: Lease;
  readonly step: LeaseStep;
}

/** The leases of this process, by payer. Nothing here waits: what has to be written is given out, and told what came of it. */
export interface Leases {
  draw(reservation: Reservation, now: Moment, clock: number | null): DrawnCall | null;
  /** Such a call had to be reserved: its payers get leases in the transaction that does it, if they call often. */
  missed(reservation: Reservation, now: Moment): void;
  /** Renews those that are in use and gives the others back. */
  review(now: Moment): void;
  /** Gives all of them back. */
  end(): void;
  readonly size: number;
  /** Whether one has to be written, also where no call has a reason to. */
  isTouched(): boolean;
  /** `going`: calls that are not held for any more, by this transaction. */
  toWrite(going: readonly DrawnCall[]): readonly LeaseToWrite[];
  written(leases: readonly LeaseToWrite[], held: readonly LeaseHeld[], sent: Moment, now: number): void;
  /** It is not known whether they are. */
  notWritten(leases: readonly LeaseToWrite[]): void;
}

/** As many payers have leases at the same time. */
const MAX_LEASES = 500;
/** In the life of a lease: a payer that calls more seldom gains nothing from one. */
const MISSES_BEFORE = 4;
/** In half the life of a lease, for it to be renewed. */
const USES_TO_RENEW = 2;

export function createLeases(lifeMs: number): Leases {
  const open = new Map<string, Lease>();
  /** Not in the database yet. */
  const wanted = new Map<string, Lease>();
  const renewing = new Set<Lease>();
  /** Whose rows are to be written, those that are not open any more included. */
  const touched = new Set<Lease>();
  const misses = new Map<string, { readonly since: number; count: number }>();

  function renew(lease: Lease): void {
    renewing.add(lease);
    touched.add(lease);
  }

  function giveBack(lease: Lease): void {
    lease.left = 0n;
    renewing.delete(lease);
    touched.add(lease);
    if (open.get(lease.payer) === lease) {
      open.delete(lease.payer);
    }
  }

  function stopWanting(lease: Lease): boolean {
    return wanted.get(lease.payer) === lease && wanted.delete(lease.payer);
  }

  /** Whether the payer has been missed so often that it should have a lease. */
  function isFrequent(payer: string, now: Moment): boolean {
    const known = misses.get(payer);
    if (known !== undefined && now.monotonic - known.since < lifeMs) {
      known.count += 1;
      return known.count >= MISSES_BEFORE;
    }
    if (known !== undefined || misses.size < MAX_LEASES) {
      misses.set(payer, { since: now.monotonic, count: 1 });
    }
    return false;
  }

  function stepOf(lease: Lease, goes: bigint): LeaseStep {
    const { id, payer, budgets, most, left, drawn } = lease;
    const isAsked = renewing.has(lease) || wanted.get(payer) === lease;
    return { id, payer, budgets, holds: left + drawn - goes, more: isAsked ? most - left : null };
  }

  return {
    draw(reservation, now, clock) {
      const call = draw(reservation, open, now, clock);
      for (const lease of call?.leases ?? []) {
        // In time for the calls that come while it is renewed.
        if (lease.left * 2n < lease.most && !renewing.has(lease)) {
          renew(lease);
        }
      }
      return call;
    },
    missed(reservation, now) {
      for (const payer of new Set(reservation.budgets.map((budget) => budget.payer))) {
        const known = open.get(payer);
        if (known !== undefined) {
          if (!isAlive(known, now)) {
            renew(known);
          }
          continue;
        }
        if (wanted.has(payer) || !isFrequent(payer, now)) {
          continue;
        }
        const lease = newLease(newEventId(), payer, reservation);
        if (lease !== null && open.size + wanted.size < MAX_LEASES) {
          wanted.set(payer, lease);
        }
      }
    },
    review(now) {
      for (const lease of open.values()) {
        if (lease.uses >= USES_TO_RENEW) {
          renew(lease);
        } else {
          giveBack(lease);
        }
        lease.uses = 0;
      }
      for (const [payer, { since }] of misses) {
        if (now.monotonic - since >= lifeMs) {
          misses.delete(payer);
        }
      }
    },
    end() {
      for (const lease of open.values()) {
        giveBack(lease);
      }
      wanted.clear();
    },
    get size() {
      return open.size + touched.size;
    },
    isTouched: () => touched.size > 0,
    toWrite(going) {
      const goes = new Map<Lease, bigint>();
      for (const { leases, drawn } of going) {
        for (const lease of leases) {
          goes.set(lease, (goes.get(lease) ?? 0n) + drawn);
        }
      }
      // One that is open is lowered when it is reviewed: not a statement more for each batch, and on the safe side.
      const closing = [...goes.keys()].filter((lease) => open.get(lease.payer) !== lease);
      const all = new Set([...closing, ...touched, ...wanted.values()]);
      const leases = [...all].map((lease) => ({ lease, step: stepOf(lease, goes.get(lease) ?? 0n) }));
      touched.clear();
      return leases;
    },
    written(leases, held, sent, now) {
      for (const [at, { lease, step }] of leases.entries()) {
        if (step.more !== null) {
          renewing.delete(lease);
        }
        const { isOpen = false, granted = null } = held[at] ?? {};
        const isNew = stopWanting(lease);
        if (!isOpen) {
          giveBack(lease);
          // There is no row to write any more.
          touched.delete(lease);
        } else if (granted === null) {
          if (step.more !== null) {
            // A budget is near its limit, or the day is over.
            giveBack(lease);
          }
        } else if (isNew || open.get(lease.payer) === lease) {
          lease.left += granted;
          // A new one is there until it was reviewed twice.
          lease.uses = isNew ? USES_TO_RENEW : lease.uses;
          Object.assign(lease, termOf(sent, now, lifeMs));
          open.set(lease.payer, lease);
        } else {
          // It was given back meanwhile.
          touched.add(lease);
        }
      }
    },
    notWritten(leases) {
      for (const { lease, step } of leases) {
        if (step.more !== null) {
          renewing.delete(lease);
        }
        // There may be a row of it.
        stopWanting(lease);
        touched.add(lease);
      }
    },
  };
}
