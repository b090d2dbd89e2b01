import { createSequence } from "@sark/observability/waiting";
import { AuditError } from "../errors.ts";
import { createConnection, PLANNED_ONCE } from "../postgres/connection.ts";
import { applyBatch } from "./apply-batch.ts";
import { createDrawnCalls } from "./drawn-calls.ts";
import { followLog, type FollowOptions } from "./follow-log.ts";
import { momentNow } from "./lease.ts";
import { againWhereRaced } from "./raced.ts";
import { readTotals } from "./read-totals.ts";
import { adjustTotal } from "./adjust-total.ts";
import { recordWarnings } from "./warnings.ts";
import type { Budget, BudgetState, Reservation, Reserved, Settled, Settlement, Warning } from "./types.ts";

/** What calls cost, in PostgreSQL: exact for any number of replicas, and over the end of each. */
export interface Ledger {
  /** Reserves what a call costs at least, before it runs. Rejects with an `AuditError` when that cannot be done. */
  reserve(reservation: Reservation): Promise<Reserved>;
  /** Settles a call that has ended, whatever came before. Rejects with an `AuditError`; `follow` then does it. */
  settle(settlement: Settlement): Promise<Settled>;
  /**
   * Settles what the log says and no replica has settled: of processes that were killed, and of records that waited on
   * a disk. Any replica may call it at any time.
   */
  follow(options: FollowOptions): Promise<void>;
  /**
   * Gives each warning of which there is no event yet to `record`, which resolves once the event is committed, with the warning's
   * id as its `gateway_request_id`; it rejects for this to stop, and a later call goes on. Any replica may call it at any time.
   */
  recordWarnings(record: (warning: Warning) => Promise<void>): Promise<void>;
  /** How these budgets stand in the period that it is now. */
  states(budgets: readonly Budget[]): Promise<readonly BudgetState[]>;
  /** Adds to what a payer has used in this period (below 0: gives back), or sets it to nothing (`"reset"`). */
  adjust(budget: Budget, by: bigint | "reset"): Promise<BudgetState>;
  close(): Promise<void>;
}

/** Where the ledger is, and what its calls may take. */
export interface LedgerOptions {
  readonly connectionString: string;
  /** For one batch, in milliseconds. Default 2,000. */
  readonly timeoutMs?: number;
  /** Most calls that wait for their turn; more are rejected as `overloaded`. Default 10,000. */
  readonly queueLimit?: number;
  /**
   * Calls of payers that are far from their limits draw from what is reserved ahead, for as long at a time, in
   * milliseconds; 0 for a reservation of each call. Less than half of the grace of all who follow the log. Default 0.
   */
  readonly leaseMs?: number;
}

/** In one transaction: beyond it, locks would be held for too long. */
const MAX_BATCH = 500;
const FOLLOW_MS = 60_000;
/**
 * Each row is looked up by its key, also by plans that were made while the tables were empty. A commit does not wait for the disk: that
 * of the intent that follows does, and flushes all that was committed before.
 */
const BATCHES = { ...PLANNED_ONCE, enable_seqscan: "off", synchronous_commit: "off" } as const;

type Waiting =
  | {
      readonly what: "reserve";
      readonly reservation: Reservation;
      resolve(reserved: Reserved): void;
      reject(error: unknown): void;
    }
  | {
      readonly what: "settle";
      readonly settlement: Settlement;
      resolve(settled: Settled): void;
      reject(error: unknown): void;
    };

const NOTHING_SETTLED: Settled = { states: [], warnings: [] };

/** Opens nothing before it is used. Calls that arrive while a batch is written form the next one. */
export function createLedger(options: LedgerOptions): Ledger {
  const { connectionString, timeoutMs = 2_000, queueLimit = 10_000, leaseMs = 0 } = options;
  const writing = createConnection({ connectionString, timeoutMs, session: BATCHES });
  const reading = createConnection({ connectionString, timeoutMs });
  const following = createConnection({ connectionString, timeoutMs: FOLLOW_MS });
  // A connection has one transaction at a time.
  const reads = createSequence();
  const follows = createSequence();
  const waiting: Waiting[] = [];
  let pumping: Promise<void> | null = null;
  const drawn = createDrawnCalls({ lifeMs: leaseMs, limit: queueLimit, onDue: startPump });

  function enqueue(one: Waiting): void {
    if (waiting.length >= queueLimit) {
      one.reject(new AuditError("overloaded", "Too many calls wait for the ledger."));
      return;
    }
    waiting.push(one);
    startPump();
  }

  const hasWork = (): boolean => waiting.length > 0 || drawn.isDue();

  function startPump(): void {
    if (pumping === null && hasWork()) {
      pumping = pump();
    }
  }

  async function pump(): Promise<void> {
    while (hasWork()) {
      await write(waiting.splice(0, MAX_BATCH));
    }
    // In the same turn as the last look: what comes a turn later starts another one.
    pumping = null;
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    const reserving = batch.filter((one) => one.what === "reserve");
    const settling = batch.filter((one) => one.what === "settle");
    const work = drawn.take();
    if (batch.length === 0 && work.isEmpty) {
      return;
    }
    const sent = momentNow();
    try {
      const applied = await againWhereRaced(() =>
        writing.transaction((client) =>
          applyBatch(client, {
            ...work.batch,
            settlements: [...settling.map(({ settlement }) => settlement), ...work.batch.settlements],
            reservations: reserving.map(({ reservation }) => reservation),
          }),
        ),
      );
      for (const [at, result] of applied.reserved.entries()) {
        reserving[at]?.resolve(result);
      }
      for (const [at, { resolve }] of settling.entries()) {
        resolve(applied.settled[at] ?? NOTHING_SETTLED);
      }
      drawn.written(work, { ...applied, settled: applied.settled.slice(settling.length) }, sent);
    } catch (error) {
      drawn.notWritten(work);
      for (const { reject } of batch) {
        reject(error);
      }
    }
  }

  return {
    reserve(reservation) {
      const drawnAt = drawn.draw(reservation);
      return drawnAt === null
        ? new Promise((resolve, reject) => enqueue({ what: "reserve", reservation, resolve, reject }))
        : Promise.resolve({ allowed: true, drawnAt, states: [], exceeded: [], warnings: [] });
    },
    settle: (settlement) =>
      drawn.settle(settlement) ??
      new Promise((resolve, reject) => enqueue({ what: "settle", settlement, resolve, reject })),
    follow: (follow) => follows.run(() => following.use((client) => followLog(client, follow))),
    recordWarnings: (record) => follows.run(() => following.use((client) => recordWarnings(client, record))),
    states: (budgets) => reads.run(() => reading.use((client) => readTotals(client, budgets))),
    adjust: (budget, by) => reads.run(() => reading.transaction((client) => adjustTotal(client, budget, by))),
    async close() {
      await pumping;
      drawn.end();
      startPump();
      await pumping;
      drawn.giveUp();
      await Promise.all([reads.run(() => undefined), follows.run(() => undefined)]);
      await Promise.all([writing.close(), reading.close(), following.close()]);
    },
  };
}
