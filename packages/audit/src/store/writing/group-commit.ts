import { setImmediate as immediate } from "node:timers/promises";
import { AuditError } from "../../errors.ts";

interface Waiting<T, R> {
  readonly item: T;
  readonly size: number;
  readonly isDeferrable: boolean;
  resolve(result: R): void;
  reject(error: unknown): void;
}

type Attempt<R> = { readonly results: readonly (R | AuditError)[] } | { readonly error: unknown };

export interface GroupCommitOptions<T, R> {
  /** Makes a batch durable; one result per item, in order, an error for one that failed alone. */
  write(batch: readonly T[]): Promise<readonly (R | AuditError)[]>;
  /** Called with what `write` made of a batch, before its callers hear of it. */
  onWritten?(batch: readonly T[], results: readonly (R | AuditError)[]): void;
  /** Memory that an item holds while it waits, in bytes. */
  sizeOf(item: T): number;
  /** Items and bytes that may wait, those being written included. */
  readonly queueLimit: number;
  readonly queueBytes: number;
  /** Items and bytes in one batch; a single larger item is a batch of its own. */
  readonly maxBatch: number;
  readonly maxBatchBytes: number;
  /** How long what is deferrable waits for others that are not, in milliseconds. Default 0: until the next turn of the event loop. */
  readonly deferMs?: number;
  onChange(queue: { readonly waiting: number; readonly bytes: number }): void;
}

export interface GroupCommit<T, R> {
  /**
   * Resolves once the item is durable. Rejects at once with `overloaded` beyond the bounds. One that is `deferrable`, as no caller
   * waits for it, has no batch made for it before `deferMs`: it goes with the next one.
   */
  append(item: T, options?: { readonly deferrable?: boolean }): Promise<R>;
  /** Items that wait or are being written. */
  readonly waiting: number;
  /** Fails what waits and is not being written yet. */
  rejectWaiting(error: AuditError): void;
  /** Refuses new items and resolves when those that wait are written or have failed. */
  close(): Promise<void>;
}

/**
 * Group commit by natural batching: what arrives while one batch commits forms the next one. An idle store responds
 * in one commit; a busy one shares each commit among as many callers as wait for it. A statement costs as much as a dozen of
 * its events, so that those for which no caller waits are no reason for one.
 */
export function createGroupCommit<T, R>(options: GroupCommitOptions<T, R>): GroupCommit<T, R> {
  const { queueLimit, queueBytes, maxBatch, deferMs = 0 } = options;
  let queue: Waiting<T, R>[] = [];
  let waiting = 0;
  let bytes = 0;
  let closed = false;
  let running: Promise<void> | undefined;
  /** Of the queue, those that are not deferrable. */
  let urgent = 0;
  let deferred: NodeJS.Timeout | undefined;
  let isOverdue = false;

  async function drain(): Promise<void> {
    // Callers of the same tick belong to one batch.
    await Promise.resolve();
    for (let next = start(); next !== null;) {
      const { batch, written } = next;
      const attempt = await written;
      // With enough to do, the store goes on while the callers of this batch hear of it. Otherwise they come first:
      // those that have more to record belong into one batch with the few that wait.
      next = isDue() && queue.length * 2 >= batch.length ? start() : null;
      settle(batch, attempt);
      if (next === null && isDue()) {
        await immediate();
        next = start();
      }
    }
    running = undefined;
  }

  /** Whether what waits has to be written now. */
  function isDue(): boolean {
    return urgent > 0 || (queue.length > 0 && (closed || isOverdue || queue.length >= maxBatch));
  }

  function defer(): void {
    deferred ??= setTimeout(() => {
      isOverdue = true;
      running ??= drain();
    }, deferMs);
  }

  function stopDeferring(): void {
    clearTimeout(deferred);
    deferred = undefined;
    isOverdue = false;
  }

  function start(): {
    readonly batch: readonly Waiting<T, R>[];
    readonly written: Promise<Attempt<R>>;
  } | null {
    const batch = takeBatch();
    if (batch.length === 0) {
      return null;
    }
    const written = options.write(batch.map(({ item }) => item)).then(
      (results) => ({ results }),
      (error: unknown) => ({ error }),
    );
    return { batch, written };
  }

  function takeBatch(): readonly Waiting<T, R>[] {
    let size = 0;
    let count = 0;
    while (count < queue.length && count < maxBatch) {
      size += queue[count]?.size ?? 0;
      if (count > 0 && size > options.maxBatchBytes) {
        break;
      }
      count += 1;
    }
    const batch = queue.splice(0, count);
    urgent -= batch.filter(({ isDeferrable }) => !isDeferrable).length;
    if (deferred !== undefined) {
      stopDeferring();
    }
    if (queue.length > urgent) {
      defer();
    }
    return batch;
  }

  function settle(batch: readonly Waiting<T, R>[], attempt: Attempt<R>): void {
    if ("error" in attempt) {
      for (const entry of batch) {
        entry.reject(attempt.error);
      }
    } else {
      const { results } = attempt;
      options.onWritten?.(
        batch.map(({ item }) => item),
        results,
      );
      batch.forEach((entry, index) => tell(entry, results[index]));
    }
    leave(batch);
  }

  function tell(entry: Waiting<T, R>, result: R | AuditError | undefined): void {
    if (result === undefined || result instanceof AuditError) {
      entry.reject(result ?? new AuditError("store_unavailable", "The store said nothing of a record."));
    } else {
      entry.resolve(result);
    }
  }

  function leave(entries: readonly Waiting<T, R>[]): void {
    waiting -= entries.length;
    for (const { size } of entries) {
      bytes -= size;
    }
    options.onChange({ waiting, bytes });
  }

  return {
    append(item, { deferrable: isDeferrable = false } = {}) {
      const size = options.sizeOf(item);
      if (closed) {
        return Promise.reject(new AuditError("closed", "The audit log is closed."));
      }
      if (waiting >= queueLimit || (waiting > 0 && bytes + size > queueBytes)) {
        return Promise.reject(
          new AuditError("overloaded", "The audit store has more records waiting than it may."),
        );
      }
      waiting += 1;
      bytes += size;
      options.onChange({ waiting, bytes });
      return new Promise((resolve, reject) => {
        queue.push({ item, size, isDeferrable, resolve, reject });
        if (isDeferrable) {
          defer();
        } else {
          urgent += 1;
        }
        if (isDue()) {
          running ??= drain();
        }
      });
    },
    get waiting() {
      return waiting;
    },
    rejectWaiting(error) {
      const entries = queue;
      queue = [];
      urgent = 0;
      stopDeferring();
      for (const entry of entries) {
        entry.reject(error);
      }
      leave(entries);
    },
    async close() {
      closed = true;
      if (isDue()) {
        running ??= drain();
      }
      await running;
    },
  };
}
