import { AuditError } from "../errors.ts";
import type { Applied, Batch } from "./apply-batch.ts";
import { momentNow, type DrawnCall, type Moment } from "./lease.ts";
import { createLeases, type LeaseToWrite } from "./leases.ts";
import type { Reservation, Settled, Settlement } from "./types.ts";

/** Calls that were drawn from leases, without a statement before they run; their rows are written many at a time. */
export interface DrawnCalls {
  /** When the call was drawn, in Unix milliseconds by the database's clock; `null` where it has to be reserved. */
  draw(reservation: Reservation): number | null;
  /** Settles a call that was drawn, with the others that end about now; `null` for any other one. */
  settle(settlement: Settlement): Promise<Settled> | null;
  /** Whether there is something to write that does not wait for a reason. */
  isDue(): boolean;
  /** What the next transaction writes, next to what it has to do anyway. Then `written` or `notWritten` is called, before the next one. */
  take(): DrawnWork;
  /** `sent`: a moment before the transaction began. */
  written(work: DrawnWork, applied: Pick<Applied, "now" | "leases" | "settled">, sent: Moment): void;
  notWritten(work: DrawnWork): void;
  /** Nothing is drawn any more, and all that there is has to be written now. */
  end(): void;
  /** What could not be written: the records of the calls say the same. */
  giveUp(): void;
}

export interface DrawnWork {
  readonly isEmpty: boolean;
  readonly ended: readonly Ended[];
  /** Calls that run for long get rows of their own, as if they had been reserved. */
  readonly long: readonly DrawnCall[];
  readonly leases: readonly LeaseToWrite[];
  readonly batch: Required<Omit<Batch, "reservations">>;
}

export interface DrawnCallsOptions {
  /** How long a lease lives that is not renewed, in milliseconds; 0 for none. */
  readonly lifeMs: number;
  /** Most calls that are drawn and have no row. */
  readonly limit: number;
  /** `isDue` has become true. */
  onDue(): void;
}

interface Ended {
  readonly call: DrawnCall;
  readonly settlement: Settlement;
  resolve(settled: Settled): void;
  reject(error: unknown): void;
}

/** Ends gather for as long, so that one transaction has many of them. */
const GATHER_MS = 100;
/** After a transaction that failed. */
const RETRY_MS = 1_000;
/** In one transaction: beyond it, locks would be held for too long. */
const MAX_CALLS = 500;

export function createDrawnCalls({ lifeMs, limit, onDue }: DrawnCallsOptions): DrawnCalls {
  const leases = createLeases(lifeMs);
  /** In the order in which they were drawn. */
  const running = new Map<string, DrawnCall>();
  const ended: Ended[] = [];
  /** The database's, where that of `performance.now()` is 0. */
  let clock: number | null = null;
  let isDue = false;
  let isEnding = lifeMs === 0;
  let gathering: NodeJS.Timeout | undefined;
  let reviewing: NodeJS.Timeout | undefined;

  function becomeDue(): void {
    isDue = true;
    onDue();
  }

  function becomeDueIn(milliseconds: number): void {
    gathering ??= setTimeout(() => {
      gathering = undefined;
      becomeDue();
    }, milliseconds).unref();
  }

  /** Twice in the life of a lease, as long as there are leases, or calls without a row. */
  function keepReviewing(): void {
    reviewing ??= setTimeout(() => {
      reviewing = undefined;
      const now = momentNow();
      leases.review(now);
      if (leases.size > 0 || running.size > 0) {
        keepReviewing();
      }
      if (leases.isTouched() || longRunning(1, now).length > 0) {
        becomeDue();
      }
    }, lifeMs / 2).unref();
  }

  function longRunning(most: number, { monotonic }: Moment): DrawnCall[] {
    const long: DrawnCall[] = [];
    for (const call of running.values()) {
      if (long.length === most || (!isEnding && monotonic - call.since < lifeMs / 2)) {
        break;
      }
      long.push(call);
    }
    return long;
  }

  return {
    draw(reservation) {
      if (isEnding || running.size + ended.length >= limit) {
        return null;
      }
      const now = momentNow();
      const wasTouched = leases.isTouched();
      const call = leases.draw(reservation, now, clock);
      if (call === null) {
        leases.missed(reservation, now);
        return null;
      }
      running.set(call.id, call);
      keepReviewing();
      if (!wasTouched && leases.isTouched()) {
        becomeDue();
      }
      return call.at;
    },
    settle(settlement) {
      const call = running.get(settlement.id);
      if (call === undefined) {
        return null;
      }
      running.delete(settlement.id);
      return new Promise((resolve, reject) => {
        ended.push({ call, settlement, resolve, reject });
        if (isEnding || ended.length === MAX_CALLS) {
          becomeDue();
        } else {
          becomeDueIn(GATHER_MS);
        }
      });
    },
    isDue: () => isDue,
    take() {
      const now = isDue ? ended.splice(0, MAX_CALLS) : [];
      const long = longRunning(MAX_CALLS - now.length, momentNow());
      isDue = (isDue && ended.length > 0) || (isEnding && running.size > long.length);
      const going = [...now.map(({ call }) => call).filter(({ hasRow }) => !hasRow), ...long];
      const toWrite = leases.toWrite(going);
      return {
        isEmpty: now.length + long.length + toWrite.length === 0,
        ended: now,
        long,
        leases: toWrite,
        batch: {
          running: long.map((call) => ({ ...call, begun: false })),
          settlements: now.map(({ call: { payers, at }, settlement }) => ({
            ...settlement,
            unreserved: { payers, at },
          })),
          leases: toWrite.map(({ step }) => step),
        },
      };
    },
    written(work, { now, settled, leases: held }, sent) {
      clock = now - sent.monotonic;
      for (const call of [...work.ended.map(({ call: one }) => one), ...work.long]) {
        for (const lease of call.hasRow ? [] : call.leases) {
          lease.drawn -= call.drawn;
        }
        call.hasRow = true;
        if (running.get(call.id) === call) {
          running.delete(call.id);
        }
      }
      leases.written(work.leases, held, sent, now);
      if (leases.size > 0) {
        keepReviewing();
      }
      if (leases.isTouched()) {
        becomeDueIn(GATHER_MS);
      }
      for (const [at, { resolve }] of work.ended.entries()) {
        resolve(settled[at] ?? { states: [], warnings: [] });
      }
    },
    notWritten(work) {
      if (work.isEmpty) {
        return;
      }
      ended.unshift(...work.ended);
      leases.notWritten(work.leases);
      isDue = false;
      becomeDueIn(RETRY_MS);
    },
    end() {
      isEnding = true;
      clearTimeout(gathering);
      clearTimeout(reviewing);
      leases.end();
      isDue = leases.isTouched() || running.size + ended.length > 0;
    },
    giveUp() {
      clearTimeout(gathering);
      for (const { reject } of ended.splice(0)) {
        reject(new AuditError("closed", "The ledger was closed before this was written."));
      }
    },
  };
}
