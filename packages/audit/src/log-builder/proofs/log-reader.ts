import { newestCheckpoint, type CheckpointTrust } from "./newest-checkpoint.ts";
import { proveConsistency, type ConsistencyProof } from "./prove-consistency.ts";
import { readEntryBundle } from "./entry-bundles.ts";
import { proveEvent } from "./prove-event.ts";
import type { RecordTrust } from "../../signed-records/record-signature.ts";
import { readTile } from "../../log-tables/tile-table.ts";
import type { Queryable } from "../../postgres/queryable.ts";

/**
 * What can be read of the signed log. All of it comes from the database, so that any replica gives it without the log's
 * key. A reader that verifies checkpoints gives out nothing under one that the log's keys did not sign: each method then
 * also rejects with `unknown_signer` or `fork`.
 */
export interface LogReader {
  /** The newest checkpoint, a signed note (C2SP tlog-checkpoint); `null` before the first event. */
  latestCheckpoint(): Promise<string | null>;
  /** Hashes of a tile of the newest signed tree, 32 bytes each (C2SP tlog-tiles); `null` where it has no such tile. */
  tile(level: number, index: number, width: number): Promise<Buffer | null>;
  /**
   * The events below a tile of level 0, an entry bundle (C2SP tlog-tiles); `null` where the tree has no such tile. Rejects
   * with `entry_dropped` or `unprovable`.
   */
  entries(index: number, width: number): Promise<Buffer | null>;
  /** That the event is in the log: C2SP tlog-proof. Rejects with `unknown_event`, `not_yet_logged` or `unprovable`. */
  proof(eventId: string): Promise<string>;
  /** The same with the event's bytes: stands on its own, offline. */
  receipt(eventId: string): Promise<string>;
  /**
   * That the tree of `size` (default: the newest) continues the one of `oldSize`. Rejects with `not_yet_logged` for sizes
   * that no checkpoint covers, or with `unprovable`.
   */
  consistency(oldSize: number, size?: number): Promise<ConsistencyProof>;
}

/**
 * @param records whose records of purges count for `entry_dropped`; with `null` all do, where no key is known
 * @param checkpoints whose checkpoints count; with `null` the database is believed, and clients have to verify
 */
export function createLogReader(
  client: Queryable,
  records: RecordTrust | null,
  checkpoints: CheckpointTrust | null = null,
): LogReader {
  return {
    latestCheckpoint: async () => (await newestCheckpoint(client, checkpoints))?.note ?? null,
    async tile(level, index, width) {
      const newest = await newestCheckpoint(client, checkpoints);
      return newest === null ? null : readTile(client, { level, index, width }, newest.size);
    },
    async entries(index, width) {
      const newest = await newestCheckpoint(client, checkpoints);
      return newest === null ? null : readEntryBundle(client, { index, width, size: newest.size }, records);
    },
    proof: (eventId) => proveEvent(client, checkpoints, eventId, false),
    receipt: (eventId) => proveEvent(client, checkpoints, eventId, true),
    consistency: (oldSize, size) => proveConsistency(client, checkpoints, oldSize, size),
  };
}
