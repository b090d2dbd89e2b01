import { backoffMs, wait } from "@sark/observability/waiting";
import type pg from "pg";
import { AuditError } from "../../errors.ts";
import type { AcceptedEvent } from "../../events/accepted-event.ts";
import type { Connection } from "../../postgres/connection.ts";
import { findStored, insertBatch } from "./insert-batch.ts";
import { isRefused } from "./refused-record.ts";

/** One caller, whose deadline counts: no jitter. */
const RETRY = { baseMs: 20, maxMs: 500, jitter: "none" } as const;

/** An event's `seq`, or why the database will not have it. */
export type Written = bigint | AuditError;

export interface WriteOptions {
  /** Failures of the database are tried again for this long, in milliseconds. */
  readonly deadlineMs: number;
  /** Some of the batch may be there already: it was spooled after a failure. */
  readonly mayBeStored?: boolean;
}

/**
 * Writes a batch and tells of each event, in the order of the batch, what became of it. When the response to a commit is
 * lost, the database is asked whether it has the events, and what is missing is written: nothing twice, nothing
 * unsaid. An event that the database refuses does not fail its neighbours: the batch is halved until it stands alone.
 * Rejects with `store_unavailable` or `store_timeout` when the deadline is over.
 */
export async function writeBatch(
  connection: Connection,
  batch: readonly AcceptedEvent[],
  options: WriteOptions,
): Promise<readonly Written[]> {
  const giveUpAt = performance.now() + options.deadlineMs;

  async function write(part: readonly AcceptedEvent[], ask: boolean): Promise<readonly Written[]> {
    let doubtful = ask;
    let reason: unknown;
    for (let attempt = 1; ; attempt += 1) {
      const left = giveUpAt - performance.now();
      try {
        return await once(connection, part, doubtful, Math.max(left, 1));
      } catch (error) {
        if (isRefused(error)) {
          return part.length === 1 ? [refusal(error)] : halve(part, doubtful);
        }
        doubtful = true;
        const pauseMs = backoffMs(attempt, RETRY);
        // The last attempt may have had no time: what the database said before it tells more.
        if (reason === undefined || !isTimeout(error)) {
          reason = error;
        }
        if (performance.now() + pauseMs >= giveUpAt) {
          throw reason;
        }
        await wait(pauseMs);
      }
    }
  }

  async function halve(part: readonly AcceptedEvent[], ask: boolean): Promise<readonly Written[]> {
    const middle = Math.ceil(part.length / 2);
    return [...(await write(part.slice(0, middle), ask)), ...(await write(part.slice(middle), ask))];
  }

  return write(batch, options.mayBeStored ?? false);
}

async function once(
  connection: Connection,
  batch: readonly AcceptedEvent[],
  ask: boolean,
  timeoutMs: number,
): Promise<readonly bigint[]> {
  return ask
    ? connection.transaction((client) => insertMissing(client, batch), { timeoutMs })
    : connection.use((client) => insertAll(client, batch), { timeoutMs });
}

async function insertAll(client: pg.Client, batch: readonly AcceptedEvent[]): Promise<readonly bigint[]> {
  const base = await insertBatch(client, batch);
  return batch.map((_event, index) => base + BigInt(index));
}

async function insertMissing(client: pg.Client, batch: readonly AcceptedEvent[]): Promise<readonly bigint[]> {
  const seqs = new Map(await findStored(client, batch));
  const missing = batch.filter(({ id }) => !seqs.has(id));
  if (missing.length > 0) {
    const added = await insertAll(client, missing);
    missing.forEach(({ id }, index) => seqs.set(id, added[index] ?? 0n));
  }
  return batch.map(({ id }) => seqs.get(id) ?? 0n);
}

function isTimeout(error: unknown): boolean {
  return error instanceof AuditError && error.code === "store_timeout";
}

function refusal(error: unknown): AuditError {
  const { cause } = error as AuditError;
  return new AuditError(
    "record_refused",
    `The audit database refused the record: ${(cause as Error).message}`,
    {
      cause,
    },
  );
}
