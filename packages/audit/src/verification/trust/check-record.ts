import { decodeBase64 } from "../../transparency-log/encodings.ts";
import { isPlausible } from "../../signed-records/purge-records.ts";
import type { OpenedRecord, RecordTree } from "../../signed-records/record-signature.ts";
import { RETENTION_PURGE } from "../../events/record.ts";
import type { Finding } from "../findings/finding.ts";

/** Clocks of replicas, and of the verifier, may differ by as much. */
const TOLERANCE_MS = 3_600_000;
/** Events before a record whose times it is held against: one wrong clock among the replicas is not all of them. */
export const NEIGHBOURS = 16;

/**
 * Why a record that excuses something does not count; `null` when it does.
 *
 * @param before when the events before it were recorded, as far as they are there
 */
export function checkRecord(
  seq: number,
  opened: OpenedRecord,
  before: readonly number[],
  now = Date.now(),
): Finding | null {
  const { fields } = opened;
  if (!opened.counts) {
    const older = opened.isSigned
      ? ""
      : ` If an older version recorded all events up to then, say so: --unsigned-until ${seq + 1}.`;
    return about(seq, fields, `${opened.why}.${older}`);
  }
  if (opened.tree === null) {
    return null;
  }
  const made = Date.parse(String(fields.created_at));
  if (!(made <= now + TOLERANCE_MS)) {
    return about(seq, fields, "it is of a time to come.");
  }
  if (before.length > 0 && before.every((time) => time > made + TOLERANCE_MS)) {
    return about(seq, fields, `it was made at ${String(fields.created_at)}, and all events before it later.`);
  }
  if (fields.event_type === RETENTION_PURGE && !isPlausible(fields)) {
    return about(seq, fields, "what it says to have dropped was not old by its own times.");
  }
  return null;
}

/** Whether the tree that the record was made upon is the one that the events gave. */
export function checkRecordTree(seq: number, tree: RecordTree, root: Uint8Array | null): Finding | null {
  const signed = decodeBase64(tree.root);
  if (root === null || (signed !== null && Buffer.compare(signed, root) === 0)) {
    return null;
  }
  const message = `The record at seq ${seq} that excuses what is missing does not count: it was made upon another tree of ${tree.size} events than this log's.`;
  return { kind: "forged_record", seq, id: null, message };
}

function about(seq: number, { event_type: type, id }: OpenedRecord["fields"], why: string): Finding {
  const message = `The ${String(type)} at seq ${seq} does not count, and excuses nothing: ${why}`;
  return { kind: "forged_record", seq, id: typeof id === "string" ? id : null, message };
}
