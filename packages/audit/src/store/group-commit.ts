import { AuditError } from "../errors.ts";
import type { StoredEvent } from "../events/stored-event.ts";
import type { AuditObserver } from "../observer.ts";
import { isRefused } from "./connection.ts";

interface Waiting {
  readonly event: StoredEvent;
  resolve(seq: bigint): void;
  reject(error: unknown): void;
}

export interface GroupCommitOptions {
  readonly write: (batch: readonly StoredEvent[]) => Promise<bigint[]>;
  readonly observer: Required<AuditObserver>;
  /** Records waiting at the most, those being written included. */
  readonly queueLimit: number;
  /** Characters of canonical records waiting at the most. */
  readonly queueBytes: number;
  readonly maxBatch: number;
}

export interface GroupCommit {
  /** Resolves to the event's `seq` once it is committed. Rejects at once with `overloaded` beyond the bounds. */
  append(event: StoredEvent): Promise<bigint>;
  /** Records that wait or are being written. */
  readonly waiting: number;
  /** Refuses new records and resolves when those that wait are written or have failed. */
  close(): Promise<void>;
}

/**
 * Group commit by natural batching: what arrives while one batch commits forms the next one. An idle store answers
 * in one commit; a busy one shares each commit among as many callers as wait for it.
 */
export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  const { write, observer, queueLimit, queueBytes, maxBatch } = options;
  let queue: Waiting[] = [];
  let waiting = 0;
  let bytes = 0;
  let closed = false;
  let running: Promise<void> | undefined;

  async function drain(): Promise<void> {
    // Callers of the same tick belong to one batch.
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = queue.slice(0, maxBatch);
      queue = queue.slice(maxBatch);
      await commit(batch);
    }
    running = undefined;
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    const started = performance.now();
    try {
      const seqs = await writeIsolating(batch.map(({ event }) => event));
      observer.batchCommitted({ rows: batch.length, seconds: (performance.now() - started) / 1000 });
      batch.forEach((entry, index) => settle(entry, seqs[index]));
    } finally {
      waiting -= batch.length;
      for (const { event } of batch) bytes -= event.canonical.length;
      observer.queueChanged(waiting);
    }
  }

  function settle(entry: Waiting, result: bigint | AuditError | undefined): void {
    if (typeof result === "bigint") {
      observer.recorded(entry.event, result);
      entry.resolve(result);
      return;
    }
    const error = result ?? new AuditError("store_unavailable", "The audit database lost a record.");
    observer.writeFailed({ code: error.code, rows: 1, error });
    entry.reject(error);
  }

  /** One record that the database refuses must not fail its neighbours: the batch is halved until it stands alone. */
  async function writeIsolating(events: readonly StoredEvent[]): Promise<(bigint | AuditError)[]> {
    try {
      return await write(events);
    } catch (thrown) {
      const error =
        thrown instanceof AuditError
          ? thrown
          : new AuditError("store_unavailable", "The audit database failed.", { cause: thrown });
      if (events.length === 1 || !isRefused(error)) return events.map(() => error);
      const middle = Math.ceil(events.length / 2);
      return [
        ...(await writeIsolating(events.slice(0, middle))),
        ...(await writeIsolating(events.slice(middle))),
      ];
    }
  }

  return {
    append(event) {
      if (closed) return Promise.reject(new AuditError("closed", "The audit log is closed."));
      if (waiting >= queueLimit || bytes + event.canonical.length > queueBytes) {
        const error = new AuditError("overloaded", "The audit store has more records waiting than it may.");
        observer.writeFailed({ code: error.code, rows: 1, error });
        return Promise.reject(error);
      }
      waiting += 1;
      bytes += event.canonical.length;
      observer.queueChanged(waiting);
      return new Promise((resolve, reject) => {
        queue.push({ event, resolve, reject });
        running ??= drain();
      });
    },
    get waiting() {
      return waiting;
    },
    async close() {
      closed = true;
      await running;
    },
  };
}
