import { AuditError } from "../../errors.ts";
import type { StoredEvent } from "../../events/audit-event.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { MAX_PAGE } from "./page.ts";
import { toStoredEvent } from "./read-events.ts";
import type { Queryable } from "../../postgres/queryable.ts";

/** One page of intents that no outcome followed. */
export interface OrphanPage {
  /** Intents that no outcome followed in time, newest first. */
  readonly intents: readonly StoredEvent[];
  readonly nextCursor: string | null;
}

export interface OrphanQuery {
  readonly limit?: number;
  readonly cursor?: string;
  /** Only intents of this tenant. */
  readonly tenant?: string;
}

/** What the last scan found (`startMaintenance`); an outcome that came since takes its intent out of the list. */
export async function readOrphans(client: Queryable, options: OrphanQuery): Promise<OrphanPage> {
  const { limit = 100, cursor, tenant = null } = options;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw new AuditError("invalid_query", `limit: must be a whole number from 1 to ${MAX_PAGE}`, {
      field: "limit",
    });
  }
  const before = cursor === undefined ? null : decodeCursor(cursor, {}, "newest_first");
  const { rows } = await client.query<{ seq: string; canonical: Buffer; leaf_hash: Buffer }>(
    `SELECT e.seq, e.canonical, e.leaf_hash
     FROM (SELECT intent_id, "timestamp", seq FROM gateway_audit_orphaned_intents AS o
           WHERE ($1::bigint IS NULL OR seq < $1)
             AND NOT EXISTS (SELECT FROM gateway_audit_events AS late WHERE late.intent_id = o.intent_id)
             AND ($3::text IS NULL OR EXISTS (
               SELECT FROM gateway_audit_events AS own
               WHERE own.id = o.intent_id AND own."timestamp" = o."timestamp" AND own.tenant_id = $3))
           ORDER BY seq DESC LIMIT $2) AS orphan
     JOIN gateway_audit_events AS e ON e.id = orphan.intent_id AND e."timestamp" = orphan."timestamp"
     ORDER BY e.seq DESC`,
    [before, limit + 1, tenant],
  );
  const found = rows.map((row) =>
    toStoredEvent({ seq: Number(row.seq), canonical: row.canonical, leafHash: row.leaf_hash }),
  );
  const intents = found.slice(0, limit);
  const last = intents.at(-1);
  return {
    intents,
    nextCursor:
      found.length > limit && last !== undefined ? encodeCursor(last.seq, {}, "newest_first") : null,
  };
}

export async function countOrphans(client: Queryable, tenant?: string): Promise<number> {
  const all = "SELECT count(*)::int AS count FROM gateway_audit_orphaned_intents AS o";
  const { rows } = await (tenant === undefined
    ? client.query<{ count: number }>(all, [])
    : client.query<{ count: number }>(
        `${all} JOIN gateway_audit_events AS e ON e.id = o.intent_id AND e."timestamp" = o."timestamp" AND e.tenant_id = $1`,
        [tenant],
      ));
  return rows[0]?.count ?? 0;
}
