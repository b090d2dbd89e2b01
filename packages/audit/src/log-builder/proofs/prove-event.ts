import { leafHash } from "../../transparency-log/tree/hashing.ts";
import { inclusionPath } from "../../transparency-log/proofs/proof-paths.ts";
import { formatProof } from "../../transparency-log/proofs/receipt.ts";
import { verifyInclusion } from "../../transparency-log/proofs/verify-proof.ts";
import { newestCheckpoint, type CheckpointTrust } from "./newest-checkpoint.ts";
import { LogBuilderError } from "../errors.ts";
import { provableRoots, unprovable } from "./provable-roots.ts";
import type { Queryable } from "../../postgres/queryable.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A C2SP tlog-proof of the event, with its bytes (`receipt`) or without, checked before it is handed out. */
export async function proveEvent(
  client: Queryable,
  trust: CheckpointTrust | null,
  eventId: string,
  withEvent: boolean,
): Promise<string> {
  const { seq, canonical } = await findEvent(client, eventId);
  const checkpoint = await newestCheckpoint(client, trust);
  if (checkpoint === null || seq >= checkpoint.size) {
    throw new LogBuilderError(
      "not_yet_logged",
      `Event ${eventId} is committed; the next checkpoint will cover it.`,
    );
  }
  const { size, root, note } = checkpoint;
  const hashes = await provableRoots(client, inclusionPath(seq, size), checkpoint);
  if (!verifyInclusion(seq, size, leafHash(canonical), hashes, root)) {
    throw unprovable(checkpoint);
  }
  return formatProof({ index: seq, hashes, checkpoint: note, ...(withEvent ? { event: canonical } : {}) });
}

async function findEvent(client: Queryable, eventId: string): Promise<{ seq: number; canonical: Buffer }> {
  const { rows } = UUID.test(eventId)
    ? await client.query<{ seq: string; canonical: Buffer }>({
        name: "audit-event-leaf",
        text: "SELECT seq, canonical FROM gateway_audit_events WHERE id = $1",
        values: [eventId],
      })
    : { rows: [] };
  const [row] = rows;
  if (row === undefined) {
    throw new LogBuilderError("unknown_event", `There is no event ${eventId}.`);
  }
  return { seq: Number(row.seq), canonical: row.canonical };
}
