import { newEventId } from "@sark/audit/spending";
import { afterCommit, type Queryable } from "../database/database.ts";
import type { TenantEvent } from "../domain/webhooks.ts";
import type { DueTenants } from "./due-tenants.ts";

// The webhooks stay until the commit: one that is deleted meanwhile is waited for, and gets nothing.
const PUBLISH = `WITH told AS (
  SELECT webhook_id FROM metrics.webhooks
  WHERE tenant_id = $1 AND disabled_at IS NULL AND CASE WHEN $5::uuid IS NULL THEN $3 = ANY (events) ELSE webhook_id = $5 END
  FOR KEY SHARE
), event AS (
  INSERT INTO metrics.webhook_events (tenant_id, event_id, event_type, body)
  SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT FROM told) RETURNING event_id
)
INSERT INTO metrics.webhook_deliveries (tenant_id, webhook_id, event_id)
SELECT $1, webhook_id, event_id FROM told, event RETURNING event_id`;

/**
 * Writes an event for the webhooks of a tenant that ask for it, in the transaction of what it tells: it is sent if, and only if,
 * that is committed. Resolves to the id of the event; `null` where no webhook is told.
 */
export type PublishEvent = (tx: Queryable, tenant: string, event: TenantEvent) => Promise<string | null>;

/** @param due hears after the commit that there is something to send */
export function createPublisher(due: Pick<DueTenants, "add">): PublishEvent {
  return async (tx, tenant, { type, data, webhook }) => {
    const id = newEventId();
    const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data });
    const { rows } = await tx.query<{ event_id: string }>(PUBLISH, [tenant, id, type, body, webhook ?? null]);
    const published = rows[0]?.event_id ?? null;
    if (published !== null) {
      afterCommit(tx, () => due.add(tenant));
    }
    return published;
  };
}
