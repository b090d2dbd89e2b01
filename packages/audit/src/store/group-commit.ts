import { AuditError } from "../errors.ts";

interface Waiting<T, R> {
  readonly item: T;
  readonly size: number;
  resolve(result: R): void;
  reject(error: unknown): void;
}

export interface GroupCommitOptions<T, R> {
  /** Makes a batch durable; one result per item, in order, an error for one that failed alone. */
  readonly write: (batch: readonly T[]) => Promise<readonly (R | AuditError)[]>;
  /** Memory that an item holds while it waits, in bytes. */
  readonly sizeOf: (item: T) => number;
  /** Items and bytes that wait at the most, those being written included. */
  readonly queueLimit: number;
  readonly queueBytes: number;
  /** Items and bytes in one batch at the most; a single larger item is a batch of its own. */
  readonly maxBatch: number;
  readonly maxBatchBytes: number;
  readonly onChange: (queue: { readonly waiting: number; readonly bytes: number }) => void;
}

export interface GroupCommit<T, R> {
  /** Resolves once the item is durable. Rejects at once with `overloaded` beyond the bounds. */
  append(item: T): Promise<R>;
  /** Items that wait or are being written. */
  readonly waiting: number;
  /** Fails what waits and is not being written yet. */
  rejectWaiting(error: AuditError): void;
  /** Refuses new items and resolves when those that wait are written or have failed. */
  close(): Promise<void>;
}

/**
 * Group commit by natural batching: what arrives while one batch commits forms the next one. An idle store answers
 * in one commit; a busy one shares each commit among as many callers as wait for it.
 */
export function createGroupCommit<T, R>(options: GroupCommitOptions<T, R>): GroupCommit<T, R> {
  const { queueLimit, queueBytes } = options;
  let queue: Waiting<T, R>[] = [];
  let waiting = 0;
  let bytes = 0;
  let closed = false;
  let running: Promise<void> | undefined;

  async function drain(): Promise<void> {
    // Callers of the same tick belong to one batch.
    await Promise.resolve();
    while (queue.length > 0) await commit(takeBatch());
    running = undefined;
  }

  function takeBatch(): readonly Waiting<T, R>[] {
    let size = 0;
    let count = 0;
    while (count < queue.length && count < options.maxBatch) {
      size += queue[count]?.size ?? 0;
      if (count > 0 && size > options.maxBatchBytes) break;
      count += 1;
    }
    return queue.splice(0, count);
  }

  async function commit(batch: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const results = await options.write(batch.map(({ item }) => item));
      batch.forEach((entry, index) => settle(entry, results[index]));
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    }
    leave(batch);
  }

  function settle(entry: Waiting<T, R>, result: R | AuditError | undefined): void {
    if (result === undefined || result instanceof AuditError) {
      entry.reject(result ?? new AuditError("store_unavailable", "The store gave no answer for a record."));
    } else {
      entry.resolve(result);
    }
  }

  function leave(entries: readonly Waiting<T, R>[]): void {
    waiting -= entries.length;
    for (const { size } of entries) bytes -= size;
    options.onChange({ waiting, bytes });
  }

  return {
    append(item) {
      const size = options.sizeOf(item);
      if (closed) return Promise.reject(new AuditError("closed", "The audit log is closed."));
      if (waiting >= queueLimit || (waiting > 0 && bytes + size > queueBytes)) {
        return Promise.reject(
          new AuditError("overloaded", "The audit store has more records waiting than it may."),
        );
      }
      waiting += 1;
      bytes += size;
      options.onChange({ waiting, bytes });
      return new Promise((resolve, reject) => {
        queue.push({ item, size, resolve, reject });
        running ??= drain();
      });
    },
    get waiting() {
      return waiting;
    },
    rejectWaiting(error) {
      const entries = queue;
      queue = [];
      for (const entry of entries) entry.reject(error);
      leave(entries);
    },
    async close() {
      closed = true;
      await running;
    },
  };
}
