import type { StoredEvent } from "../events/stored-event.ts";
import { isRefused, type Connection } from "./connection.ts";
import { findStored, insertBatch } from "./insert-batch.ts";

/** Attempts to learn what became of a batch whose answer was lost, before its callers are told that it failed. */
const ATTEMPTS = 3;

/**
 * Writes a batch and resolves to each event's `seq`, in the order of the batch. When the answer to the commit is
 * lost, the database is asked what became of it and what is missing is written: nothing twice, nothing unsaid.
 */
export async function writeBatch(connection: Connection, batch: readonly StoredEvent[]): Promise<bigint[]> {
  let failure: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      return attempt === 0 ? await writeNew(connection, batch) : await writeMissing(connection, batch);
    } catch (error) {
      failure = error;
      // The server refused the statement itself: trying again changes nothing, and nothing was kept.
      if (isRefused(error)) break;
    }
  }
  throw failure;
}

async function writeNew(connection: Connection, batch: readonly StoredEvent[]): Promise<bigint[]> {
  const base = await connection.use((client) => insertBatch(client, batch));
  return batch.map((_event, index) => base + BigInt(index));
}

async function writeMissing(connection: Connection, batch: readonly StoredEvent[]): Promise<bigint[]> {
  const all = await connection.transaction(async (client) => {
    const seqs = new Map(await findStored(client, batch));
    const missing = batch.filter(({ id }) => !seqs.has(id));
    if (missing.length === 0) return seqs;
    const base = await insertBatch(client, missing);
    missing.forEach(({ id }, index) => seqs.set(id, base + BigInt(index)));
    return seqs;
  });
  return batch.map(({ id }) => all.get(id) ?? 0n);
}
