import { AuditError } from "../../errors.ts";
import type { AcceptedEvent } from "../../events/accepted-event.ts";
import type { AuditObserver, NewlyStoredEvent } from "../../observer.ts";
import { createAvailability } from "./availability.ts";
import type { Connection } from "../../postgres/connection.ts";
import { createGroupCommit } from "./group-commit.ts";
import { tryInsert } from "./try-insert.ts";
import { writeBatch, type Written } from "./write-batch.ts";

export interface CommitterOptions {
  /** The first write waits for this. */
  readonly ready: Promise<void>;
  /** Of the writer alone. */
  readonly connection: Connection;
  /** Asks how the database is, while the writer is busy or cut off. */
  readonly prober: Connection;
  readonly observer: AuditObserver;
  readonly queueLimit: number;
  readonly queueBytes: number;
  readonly maxBatch: number;
  readonly writeTimeoutMs: number;
  onRegained(): void;
}

export interface AppendOptions {
  /** No caller waits for the commit: it may be that of others. */
  readonly deferrable?: boolean;
}

/** Brings events into the database, in batches, while it takes them. */
export interface Committer {
  /** Resolves to the event's `seq` once it is committed. Rejects with an `AuditError`. */
  append(event: AcceptedEvent, options?: AppendOptions): Promise<bigint>;
  readonly waiting: number;
  /** Resolves when the database takes events, rejects with the reason when it does not. */
  check(): Promise<void>;
  /** Why the database is known to take nothing; `null` while it does. */
  readonly fault: AuditError | null;
  close(): Promise<void>;
}

/** A statement of a few megabytes is as fast per event as a larger one. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;
/** From a hundred calls a second on, most outcomes meet an intent within it. A process that is killed loses no more of them. */
const DEFER_MS = 10;

export function createCommitter(options: CommitterOptions): Committer {
  const { connection, prober, observer, writeTimeoutMs } = options;

  /** Callers that wait to learn whether the database is back. */
  let asking = 0;

  /** A write, not a query: with a full disk, a standby, a held lock or a missing table, queries still succeed. */
  const probe = (): Promise<void> => prober.use(tryInsert);

  const availability = createAvailability({
    probe,
    onLost: observer.storeLost,
    onRegained(absence) {
      observer.storeRegained(absence);
      options.onRegained();
    },
  });

  async function write(batch: readonly AcceptedEvent[]): Promise<readonly Written[]> {
    await options.ready;
    const started = performance.now();
    let results: readonly Written[];
    try {
      results = await writeBatch(connection, batch, { deadlineMs: writeTimeoutMs });
    } catch (thrown) {
      const error =
        thrown instanceof AuditError
          ? thrown
          : new AuditError("store_unavailable", "The audit database failed.", { cause: thrown });
      availability.lost(error);
      commits.rejectWaiting(error);
      throw error;
    }
    observer.batchCommitted({ rows: batch.length, seconds: (performance.now() - started) / 1_000 });
    return results;
  }

  function tell(batch: readonly AcceptedEvent[], results: readonly Written[]): void {
    const committed: NewlyStoredEvent[] = [];
    batch.forEach((event, index) => {
      const seq = results[index];
      if (typeof seq === "bigint") {
        committed.push({ event, seq });
      }
    });
    if (committed.length > 0) {
      observer.recorded(committed);
    }
  }

  const commits = createGroupCommit<AcceptedEvent, bigint>({
    write,
    onWritten: tell,
    sizeOf,
    queueLimit: options.queueLimit,
    queueBytes: options.queueBytes,
    maxBatch: options.maxBatch,
    maxBatchBytes: MAX_BATCH_BYTES,
    deferMs: DEFER_MS,
    onChange: ({ waiting, bytes }) => observer.queueChanged(waiting, bytes, options.queueLimit),
  });

  /** The first caller after the database is back need not wait until it is asked the next time. */
  async function appendWhenBack(event: AcceptedEvent, how: AppendOptions): Promise<bigint> {
    if (asking >= options.queueLimit) {
      throw new AuditError("overloaded", "The audit store has more records waiting than it may.");
    }
    asking += 1;
    try {
      await availability.checkBriefly();
    } finally {
      asking -= 1;
    }
    return commits.append(event, how);
  }

  return {
    append: (event, how = {}) =>
      availability.fault === null ? commits.append(event, how) : appendWhenBack(event, how),
    get waiting() {
      return commits.waiting;
    },
    get fault() {
      return availability.fault;
    },
    check: () => (availability.fault === null ? probe() : availability.check()),
    async close() {
      await commits.close();
      availability.close();
      await Promise.all([connection.close(), prober.close()]);
    },
  };
}

function sizeOf({ canonical, payloads }: AcceptedEvent): number {
  return payloads.reduce((sum, { body }) => sum + (body?.length ?? 0), canonical.length);
}
