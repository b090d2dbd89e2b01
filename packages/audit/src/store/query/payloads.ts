import type { PayloadKind, PayloadSummary } from "../../events/payload.ts";
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

export async function readPayloads(client: Queryable, eventId: string): Promise<readonly RecordedPayload[]> {
  const { rows } = await client.query<{
    kind: PayloadKind;
    policy: PayloadSummary["policy"];
    salt: Buffer | null;
    body: Buffer | null;
    erased_at: Date | null;
    erased_by: string | null;
  }>(
    // Under the event's own time: another row of its id was not put there by the log.
    `SELECT p.kind, p.policy, p.salt, p.body, p.erased_at, p.erased_by
     FROM gateway_audit_payloads AS p
     JOIN gateway_audit_events AS e ON e.id = p.event_id AND e."timestamp" = p."timestamp"
     WHERE p.event_id = $1 ORDER BY p.kind`,
    [eventId],
  );
  return rows.map((row) => ({
    kind: row.kind,
    policy: row.policy,
    salt: row.salt?.toString("hex") ?? null,
    body: row.body?.toString("utf8") ?? null,
    erasedAt: row.erased_at,
    erasedBy: row.erased_by,
  }));
}
