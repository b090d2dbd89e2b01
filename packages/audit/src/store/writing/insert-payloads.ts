import type { AcceptedEvent } from "../../events/accepted-event.ts";
import { arrayLiteral } from "../../postgres/array-literal.ts";

/** Parameters of `insertPayloads`. */
export const PAYLOAD_ARRAYS = 6;

/**
 * Inserts what the events' payload policies keep of arguments and results; takes `payloadValues` from `$first` on. Nothing
 * where the head is missing, as no event can be numbered then.
 */
export function insertPayloads(first: number): string {
  const [id, kind, timestamp, policy, salt, body] = Array.from(
    { length: PAYLOAD_ARRAYS },
    (_, index) => `$${first + index}`,
  );
  return `INSERT INTO gateway_audit_payloads (event_id, kind, "timestamp", policy, salt, body)
    SELECT event_id, kind, "timestamp", policy, decode(salt, 'hex'), convert_to(body, 'UTF8')
    FROM unnest(${id}::uuid[], ${kind}::text[], ${timestamp}::timestamptz[], ${policy}::text[], ${salt}::text[],
      string_to_array(${body}, E'\\n', '')) AS payload (event_id, kind, "timestamp", policy, salt, body)
    WHERE EXISTS (SELECT FROM gateway_audit_head)`;
}

/** The arrays of `insertPayloads`; `null` when nothing is kept of any event. */
export function payloadValues(batch: readonly AcceptedEvent[]): string[] | null {
  const rows = batch.flatMap(({ id, timestamp, payloads }) =>
    payloads.map((payload) => ({ id, timestamp, ...payload })),
  );
  if (rows.length === 0) {
    return null;
  }
  return [
    arrayLiteral(rows.map(({ id }) => id)),
    arrayLiteral(rows.map(({ kind }) => kind)),
    arrayLiteral(rows.map(({ timestamp }) => timestamp)),
    arrayLiteral(rows.map(({ policy }) => policy)),
    arrayLiteral(rows.map(({ salt }) => salt.toString("hex"))),
    // Canonical JSON: never empty, in one line.
    rows.map(({ body }) => body?.toString() ?? "").join("\n"),
  ];
}
