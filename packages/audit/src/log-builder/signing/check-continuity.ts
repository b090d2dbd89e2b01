import type { Checkpoint } from "../../transparency-log/notes/checkpoint.ts";
import { hashAt } from "../../transparency-log/tiles/tile-hashes.ts";
import { TILE_WIDTH } from "../../transparency-log/tiles/tile-layout.ts";
import { verifyConsistency } from "../../transparency-log/proofs/verify-proof.ts";
import type { RecordTrust } from "../../signed-records/record-signature.ts";
import type { CheckpointRow } from "../../log-tables/checkpoint-table.ts";
import { consistencyPath } from "../../transparency-log/proofs/proof-paths.ts";
import { readRoots } from "../../log-tables/tree-hashes.ts";
import { wasPurged } from "../../signed-records/was-purged.ts";
import { TransparencyLogError } from "../../transparency-log/errors.ts";
import { LogBuilderError } from "../errors.ts";
import { readNextSeq, readPresent } from "../../log-tables/leaf-hashes.ts";
import { readTiles } from "../../log-tables/tile-table.ts";
import type { Queryable } from "../../postgres/queryable.ts";

/** Whether the database's newest tree continues the one that is remembered. Throws `rollback` or `fork`. */
export async function checkRemembered(
  client: Queryable,
  remembered: Checkpoint | null,
  newest: CheckpointRow | null,
  origin: string,
): Promise<void> {
  if (remembered === null) {
    return;
  }
  if (remembered.origin !== origin) {
    throw new LogBuilderError(
      "memory_unusable",
      `What is remembered belongs to log "${remembered.origin}", not to "${origin}".`,
    );
  }
  if (newest === null || newest.size < remembered.size) {
    throw new LogBuilderError(
      "rollback",
      `A tree of ${remembered.size} events was signed; the database knows of ${newest?.size ?? 0}. Was an old backup restored?`,
    );
  }
  const proof = await readProof(client, remembered.size, newest.size);
  if (!verifyConsistency(remembered.size, newest.size, remembered.root, newest.root, proof)) {
    throw new LogBuilderError(
      "fork",
      `The tree of ${newest.size} events does not continue the one of ${remembered.size} that was signed.`,
    );
  }
}

async function readProof(client: Queryable, oldSize: number, size: number): Promise<Uint8Array[]> {
  try {
    return await readRoots(client, consistencyPath(oldSize, size), size);
  } catch (cause) {
    throw cause instanceof TransparencyLogError ? tilesMissing(cause) : cause;
  }
}

/**
 * Whether the events at the end of the tree are still those that are in it: all that the last tile covers, but for those
 * that retention dropped. Throws `rollback`, `gap` or `fork`.
 */
export async function checkTail(client: Queryable, size: number, trust: RecordTrust): Promise<void> {
  const nextSeq = await readNextSeq(client);
  if (nextSeq < size) {
    throw rolledBack(size, nextSeq);
  }
  const index = Math.floor((size - 1) / TILE_WIDTH);
  const first = index * TILE_WIDTH;
  const [tile] = await readTiles(client, [{ level: 0, index, width: size - first }]);
  if (tile === undefined) {
    throw tilesMissing();
  }
  await checkLeaves(client, first, size, (seq) => hashAt(tile.hashes, seq - first), trust);
}

/** Whether the events of these numbers are the ones that were logged, or were dropped by retention. */
export async function checkLeaves(
  client: Queryable,
  from: number,
  to: number,
  logged: (seq: number) => Uint8Array,
  trust: RecordTrust,
): Promise<void> {
  const present = await readPresent(client, from, to);
  for (let seq = from; seq < to; seq += 1) {
    const stored = present.get(seq);
    if (stored === null) {
      throw new LogBuilderError("gap", `Two events stand at seq ${seq}.`);
    }
    if (stored === undefined) {
      await checkPurged(client, seq, trust);
    } else if (Buffer.compare(logged(seq), stored) !== 0) {
      throw new LogBuilderError("fork", `The event at seq ${seq} is not the one that was logged there.`);
    }
  }
}

async function checkPurged(client: Queryable, seq: number, trust: RecordTrust): Promise<void> {
  if (await wasPurged(client, seq, trust)) {
    return;
  }
  const nextSeq = await readNextSeq(client);
  if (nextSeq <= seq) {
    throw rolledBack(seq + 1, nextSeq);
  }
  throw new LogBuilderError(
    "gap",
    `The event at seq ${seq} was logged and is missing, and no signed record says that retention dropped it.`,
  );
}

function tilesMissing(cause?: unknown): LogBuilderError {
  const message = "Tiles are missing; the replica that signs makes them again from the events.";
  return new LogBuilderError("tiles_altered", message, { cause });
}

export function rolledBack(signed: number, present: number): LogBuilderError {
  return new LogBuilderError(
    "rollback",
    `${signed} events were logged; the database has them only up to seq ${present - 1}.`,
  );
}
