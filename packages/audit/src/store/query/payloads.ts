import { PAYLOAD_KINDS, type PayloadKind, type PayloadSummary } from "../../events/payload.ts";
import type { Queryable } from "../../postgres/queryable.ts";

/** A payload, which is kept apart from the log. */
export interface RecordedPayload {
  readonly kind: PayloadKind;
  readonly policy: PayloadSummary["policy"];
  /** Opens the digest in the event: SHA-256(salt ‖ body), hex. `null` after erasure. */
  readonly salt: string | null;
  /** RFC 8785 JSON; `null` when only its digest was kept, and after erasure. */
  readonly body: string | null;
  readonly erasedAt: Date | null;
  /** The event that records the erasure. */
  readonly erasedBy: string | null;
}

/** All kinds, or these. Ordered by kind; events that have none are not in the map. */
export async function readPayloadsOf(
  client: Queryable,
  eventIds: readonly string[],
  kinds: readonly PayloadKind[] = PAYLOAD_KINDS,
): Promise<ReadonlyMap<string, readonly RecordedPayload[]>> {
  if (eventIds.length === 0) {
    return new Map();
  }
  const { rows } = await client.query<{
    event_id: string;
    kind: PayloadKind;
    policy: PayloadSummary["policy"];
    salt: Buffer | null;
    body: Buffer | null;
    erased_at: Date | null;
    erased_by: string | null;
  }>(
    // Under the event's own time: another row of its id was not put there by the log.
    `SELECT p.event_id, p.kind, p.policy, p.salt, p.body, p.erased_at, p.erased_by
     FROM gateway_audit_payloads AS p
     JOIN gateway_audit_events AS e ON e.id = p.event_id AND e."timestamp" = p."timestamp"
     WHERE p.event_id = ANY($1::uuid[]) AND p.kind = ANY($2::text[]) ORDER BY p.kind`,
    [eventIds, kinds],
  );
  const found = new Map<string, RecordedPayload[]>();
  for (const row of rows) {
    const payloads = found.get(row.event_id) ?? [];
    found.set(row.event_id, payloads);
    payloads.push({
      kind: row.kind,
      policy: row.policy,
      salt: row.salt?.toString("hex") ?? null,
      body: row.body?.toString("utf8") ?? null,
      erasedAt: row.erased_at,
      erasedBy: row.erased_by,
    });
  }
  return found;
}
