import type { Queryable } from "../../database/database.ts";

/** A delivery that is this process's to send, until `leaseMs` have passed. */
export interface ClaimedDelivery {
  readonly webhook: string;
  readonly event: string;
  readonly url: string;
  readonly body: string;
  /** The newest first. */
  readonly secrets: readonly Buffer[];
  /** From 1. */
  readonly attempt: number;
}

// Of webhooks that are enabled and not held, of tenants that are not suspended.
const DUE = `metrics.webhook_deliveries d
  JOIN metrics.webhooks w USING (tenant_id, webhook_id) JOIN metrics.tenants t USING (tenant_id)
  WHERE d.state = 'pending' AND d.next_attempt_at <= now() AND w.disabled_at IS NULL
    AND (w.held_until IS NULL OR w.held_until <= now()) AND t.suspended_at IS NULL`;

const BACKLOG = `SELECT ARRAY(SELECT DISTINCT tenant_id FROM ${DUE} LIMIT 1000) AS tenants,
  (SELECT count(*)::float8 FROM metrics.webhook_deliveries WHERE state = 'pending') AS pending,
  coalesce((SELECT extract(epoch FROM now() - min(d.next_attempt_at))::float8 FROM ${DUE}), 0) AS oldest_seconds`;

const CLAIM = `WITH due AS (
  SELECT d.tenant_id, d.webhook_id, d.event_id FROM ${DUE} AND d.tenant_id = $1 AND d.webhook_id = $2
  ORDER BY d.event_id LIMIT 1 FOR UPDATE OF d SKIP LOCKED
), claimed AS (
  UPDATE metrics.webhook_deliveries d
  SET attempts = d.attempts + 1, last_attempt_at = now(), next_attempt_at = now() + make_interval(secs => $3)
  FROM due WHERE d.tenant_id = due.tenant_id AND d.webhook_id = due.webhook_id AND d.event_id = due.event_id
  RETURNING d.tenant_id, d.webhook_id, d.event_id, d.attempts
)
SELECT c.event_id, c.attempts, w.url, e.body, w.secret,
  CASE WHEN w.previous_until > now() THEN w.previous_secret END AS previous_secret
FROM claimed c JOIN metrics.webhooks w USING (tenant_id, webhook_id) JOIN metrics.webhook_events e USING (tenant_id, event_id)`;

/** What there is to send, of all tenants. */
export interface Backlog {
  readonly tenants: readonly string[];
  readonly pending: number;
  readonly oldestSeconds: number;
}

export async function readBacklog(tx: Queryable): Promise<Backlog> {
  const { rows } = await tx.query<{ tenants: string[]; pending: number; oldest_seconds: number }>(BACKLOG);
  const [row] = rows;
  return {
    tenants: row?.tenants ?? [],
    pending: row?.pending ?? 0,
    oldestSeconds: Math.max(0, row?.oldest_seconds ?? 0),
  };
}

export async function dueWebhooks(tx: Queryable, tenant: string): Promise<readonly string[]> {
  const { rows } = await tx.query<{ webhook_id: string }>(
    `SELECT DISTINCT d.webhook_id FROM ${DUE} AND d.tenant_id = $1`,
    [tenant],
  );
  return rows.map(({ webhook_id }) => webhook_id);
}

/** Takes the oldest delivery of a webhook that is due; `null` where none is. */
export async function claimDelivery(
  tx: Queryable,
  tenant: string,
  webhook: string,
  leaseMs: number,
): Promise<ClaimedDelivery | null> {
  const { rows } = await tx.query<{
    event_id: string;
    attempts: number;
    url: string;
    body: string;
    secret: Buffer;
    previous_secret: Buffer | null;
  }>(CLAIM, [tenant, webhook, leaseMs / 1_000]);
  const [row] = rows;
  return row === undefined
    ? null
    : {
        webhook,
        event: row.event_id,
        url: row.url,
        body: row.body,
        secrets: row.previous_secret === null ? [row.secret] : [row.secret, row.previous_secret],
        attempt: row.attempts,
      };
}
