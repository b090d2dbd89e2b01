import type { Database } from "../database/database.ts";

/** Deliveries in one transaction. */
const CHUNK = 5_000;
const DELETE_EVENTS = `DELETE FROM metrics.webhook_events e USING (
  SELECT tenant_id, event_id FROM metrics.webhook_events o
  WHERE created_at < now() - make_interval(secs => $1)
    AND NOT EXISTS (SELECT FROM metrics.webhook_deliveries d
                    WHERE d.tenant_id = o.tenant_id AND d.event_id = o.event_id AND d.state = 'pending')
  LIMIT $2
) old WHERE e.tenant_id = old.tenant_id AND e.event_id = old.event_id`;

/** Deletes events that are older, with their deliveries, unless one is still to be sent; and notices of earlier days. */
export async function purgeWebhookEvents(
  database: Pick<Database, "asPlatform">,
  keptMs: number,
  signal: AbortSignal,
): Promise<void> {
  let deleted = CHUNK;
  while (deleted === CHUNK && !signal.aborted) {
    const { rowCount } = await database.asPlatform("webhooks", (tx) =>
      tx.query(DELETE_EVENTS, [keptMs / 1_000, CHUNK]),
    );
    deleted = rowCount ?? 0;
  }
  await database.asPlatform("webhooks", (tx) =>
    tx.query("DELETE FROM metrics.quota_notices WHERE day < (now() AT TIME ZONE 'UTC')::date - 1"),
  );
}
