import type { AuditRecord } from "../events/record.ts";
import type { AcceptedEvent } from "../events/accepted-event.ts";
import { newEventId } from "../events/event-id.ts";
import { acceptRecord } from "../events/accept-record.ts";
import { EMPTY_ROOT } from "../transparency-log/tree/hashing.ts";
import type { KeySet } from "../transparency-log/notes/key-set.ts";
import type { NoteSigner } from "../transparency-log/notes/note-signer.ts";
import { openCheckpoint, type OpenedCheckpoint } from "../transparency-log/notes/open-checkpoint.ts";
import type { Queryable } from "../postgres/queryable.ts";
import { signRecord } from "./record-signature.ts";

/** Who may record that something of the log was dropped or erased: a process that holds the log's key. */
export interface RecordSigner {
  readonly origin: string;
  readonly signers: readonly NoteSigner[];
  /** The keys of this log, former ones included: what checkpoints and earlier records are verified by. */
  readonly keys: KeySet;
}

/** The newest checkpoint of the database, verified; `null` before the first one. Throws where it is not this log's. */
export async function newestTree(
  client: Queryable,
  { keys, origin }: RecordSigner,
): Promise<OpenedCheckpoint | null> {
  const { rows } = await client.query<{ note: string }>(
    "SELECT note FROM gateway_audit_checkpoints WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1",
    [],
  );
  return rows[0] === undefined ? null : openCheckpoint(rows[0].note, keys, origin);
}

/** Whether checkpoints sign this log: then no verifier takes a record that is not signed. */
export async function isSignedLog(client: Queryable): Promise<boolean> {
  const { rows } = await client.query(
    "SELECT FROM gateway_audit_checkpoints WHERE note IS NOT NULL LIMIT 1",
    [],
  );
  return rows.length > 0;
}

/** The record as it will stand in the log: signed, or plain where this log is not signed. */
export function makeRecord(
  record: AuditRecord,
  signer: RecordSigner | undefined,
  tree: { readonly size: number; readonly root: Uint8Array } | null,
  id = newEventId(),
): AcceptedEvent {
  if (signer === undefined) {
    return acceptRecord(record, null, id);
  }
  const { origin, signers } = signer;
  return signRecord(
    record,
    { id, now: Date.now() },
    { origin, signers, tree: tree ?? { size: 0, root: EMPTY_ROOT } },
  );
}
