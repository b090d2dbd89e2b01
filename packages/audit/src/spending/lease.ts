import { mostHeld } from "./lease-terms.ts";
import type { Budget, Reservation } from "./types.ts";

/** What a payer's budgets have reserved ahead for calls of this process. */
export interface Lease {
  readonly id: string;
  readonly payer: string;
  readonly budgets: readonly Budget[];
  /** What it may have left at most. */
  readonly most: bigint;
  /** For calls to come. */
  left: bigint;
  /** For calls that were drawn and of which there is no row yet. */
  drawn: bigint;
  /** Calls drawn since it was looked at last. */
  uses: number;
  /** The day that its calls count for, in days since 1970 by the database's clock. */
  day: number;
  /** The database's clock, where `performance.now()` is 0. */
  clock: number;
  /** It ends with the earlier of the two: one clock stands still where a machine is suspended, the other one can be set back. */
  ends: { readonly monotonic: number; readonly wall: number };
}

/** A call that was drawn from the leases of its payers, and has no row yet. */
export interface DrawnCall {
  readonly id: string;
  readonly payers: readonly string[];
  readonly leases: readonly Lease[];
  /** Taken from each of them: the most that it can cost. */
  readonly drawn: bigint;
  /** What counts while it runs once it has a row, and should its end be lost. */
  readonly reserved: bigint;
  /** In Unix milliseconds, by the database's clock. */
  readonly at: number;
  /** On the clock of `performance.now()`. */
  readonly since: number;
  /** Whether it has one meanwhile: nothing of the leases is held for it any more. */
  hasRow: boolean;
}

/** Moments of both clocks of this process. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

export function momentNow(): Moment {
  return { monotonic: performance.now(), wall: Date.now() };
}

const DAY_MS = 86_400_000;

/** When a lease ends that was given in a transaction which began at `now` of the database's clock, and after `sent`. */
export function termOf(sent: Moment, now: number, lifeMs: number): Pick<Lease, "day" | "clock" | "ends"> {
  const day = Math.floor(now / DAY_MS);
  const life = Math.min(lifeMs, (day + 1) * DAY_MS - now);
  return {
    day,
    clock: now - sent.monotonic,
    ends: { monotonic: sent.monotonic + life, wall: sent.wall + life },
  };
}

/**
 * Takes the most that a call can cost from the leases of all its payers that have budgets, in memory; `null` where one
 * of them has none, or too little. Of payers without budgets nothing can be exceeded: `clock`, the database's where that of
 * `performance.now()` is 0, is all that is needed.
 */
export function draw(
  { id, payers, amount, most, budgets }: Reservation,
  leases: ReadonlyMap<string, Lease>,
  now: Moment,
  clock: number | null,
): DrawnCall | null {
  if (budgets.length === 0) {
    return clock === null
      ? null
      : { id, payers, leases: [], drawn: 0n, reserved: amount, ...begunAt(clock, now) };
  }
  if (most === undefined) {
    return null;
  }
  const from: Lease[] = [];
  for (const { payer } of budgets) {
    const lease = leases.get(payer);
    if (lease === undefined || !hasRoom(lease, most, now)) {
      return null;
    }
    if (!from.includes(lease)) {
      from.push(lease);
    }
  }
  const [first] = from;
  if (first === undefined || from.some(({ day }) => day !== first.day)) {
    return null;
  }
  for (const lease of from) {
    lease.left -= most;
    lease.drawn += most;
    lease.uses += 1;
  }
  return { id, payers, leases: from, drawn: most, reserved: amount, ...begunAt(first.clock, now) };
}

function begunAt(clock: number, { monotonic }: Moment): Pick<DrawnCall, "at" | "since" | "hasRow"> {
  return { at: Math.floor(clock + monotonic), since: monotonic, hasRow: false };
}

/** What costs nothing that is known before does not fit a lease that is used up, either. */
function hasRoom(lease: Lease, price: bigint, now: Moment): boolean {
  return lease.left >= price && lease.left > 0n && isAlive(lease, now);
}

export function isAlive({ ends }: Lease, { monotonic, wall }: Moment): boolean {
  return monotonic < ends.monotonic && wall < ends.wall;
}

/** A lease that nothing is in yet; `null` where budgets are too small for one. */
export function newLease(id: string, payer: string, { budgets, most: price }: Reservation): Lease | null {
  const own = budgets.filter((budget) => budget.payer === payer);
  const most = price === undefined ? 0n : mostHeld(own, price);
  const ends = { monotonic: 0, wall: 0 };
  return most === 0n
    ? null
    : { id, payer, budgets: own, most, left: 0n, drawn: 0n, uses: 0, day: 0, clock: 0, ends };
}
