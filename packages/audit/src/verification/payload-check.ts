import { hash } from "node:crypto";
import type { BinaryRow } from "./binary-rows.ts";
import type { Finding } from "./finding.ts";
import type { Snapshot } from "./snapshot.ts";

/** Kept bodies with the digests that their events, verified before, say of them. */
const PAYLOADS = `
  SELECT e.seq, p.event_id::text, p.kind, p.salt, p.body, e.payloads -> p.kind ->> 'digest'
  FROM gateway_audit_payloads AS p
  JOIN gateway_audit_events AS e ON e.id = p.event_id AND e."timestamp" = p."timestamp"
  WHERE p.body IS NOT NULL`;

/** Arguments and results that lie beside the log: each has to be the one whose salted digest was logged. */
export async function checkPayloads(snapshot: Snapshot): Promise<Finding[]> {
  let first: Finding | null = null;
  await snapshot.copy(PAYLOADS, 6, (row) => {
    const seq = Number(part(row, 0).readBigInt64BE(0));
    if (first !== null && (first.seq ?? 0) <= seq) return;
    const digest = hash("sha256", Buffer.concat([part(row, 3), part(row, 4)]), "hex");
    if (digest === part(row, 5).toString("utf8")) return;
    const [id, kind] = [part(row, 1).toString("utf8"), part(row, 2).toString("utf8")];
    const message = `The ${kind} kept for event ${id} at seq ${seq} are not those whose digest was logged.`;
    first = { kind: "payload_altered", seq, id, message };
  });
  return first === null ? [] : [first];
}

function part({ bytes, offsets, lengths }: BinaryRow, at: number): Buffer {
  const [offset = 0, length = 0] = [offsets[at], lengths[at]];
  return bytes.subarray(offset, offset + Math.max(0, length));
}
