import { createHash } from "node:crypto";
import { LOG_CHECKPOINT } from "../../events/record.ts";
import type { AuditEvent } from "../../events/audit-event.ts";
import { toDeliverableEvent, type DeliverableEvent } from "../audit-events/deliverable-event.ts";

/** A signed tree head of the transparency log, on its way to a SIEM. */
export interface SignedCheckpoint {
  /** Events that it vouches for. */
  readonly size: number;
  readonly origin: string;
  /** Root hash, in base64 as in the note. */
  readonly root: string;
  /** C2SP signed note, as a verifier takes it. */
  readonly note: string;
  /** RFC 3339. */
  readonly decidedAt: string;
}

/**
 * The checkpoint in the shape of an event, so that every format and every receiver can take it. It is no event of the log:
 * its number is the negative size, which no event has, and the figures of destinations leave it out.
 */
export function toCheckpointEvent({
  size,
  origin,
  root,
  note,
  decidedAt,
}: SignedCheckpoint): DeliverableEvent {
  const id = idOf(origin, size, root);
  // In the order of RFC 8785.
  const record: AuditEvent = {
    created_at: decidedAt,
    decision: "allow",
    event_type: LOG_CHECKPOINT,
    gateway_request_id: `checkpoint-${size}`,
    id,
    metadata: { note, origin, root, size },
    phase: "decision",
    reason: `the first ${size} events of the audit log were signed`,
    timestamp: decidedAt,
  };
  return toDeliverableEvent(-size, id, JSON.stringify(record), true);
}

/** The same for the same tree, so that a repetition is known as one (RFC 9562, version 8). */
function idOf(origin: string, size: number, root: string): string {
  const hash = createHash("sha256").update(`${origin}\n${size}\n${root}`).digest("hex");
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
