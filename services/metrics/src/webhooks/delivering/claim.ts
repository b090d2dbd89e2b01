import type { Queryable } from "../../database/database.ts";
import type { SecretSeal } from "../secrets/secret-seal.ts";

/** A delivery that is this process's to send, until `leaseMs` have passed. */
export interface ClaimedDelivery {
  readonly webhook: string;
  readonly event: string;
  readonly url: string;
  readonly body: string;
  /** The newest first; none where the newest one cannot be opened. */
  readonly secrets: readonly Buffer[];
  /** From 1. */
  readonly attempt: number;
  /**
   * When it was claimed, as the database writes it: tells this claim from a later one, whose attempt has the same number where the tenant has
   * asked for the delivery to be sent again meanwhile.
   */
  readonly claimedAt: string;
}

// Of webhooks that are enabled and not held, of tenants that are not suspended.
const DUE = `metrics.webhook_deliveries d
  JOIN metrics.webhooks w USING (tenant_id, webhook_id) JOIN metrics.tenants t USING (tenant_id)
  WHERE d.state = 'pending' AND d.next_attempt_at <= now() AND w.disabled_at IS NULL
    AND (w.held_until IS NULL OR w.held_until <= now()) AND t.suspended_at IS NULL`;
// What is sealed with the key of another replica is left to it.
const ours = (keyNames: string) =>
  `(w.sealed_secret IS NULL OR split_part(w.sealed_secret, '.', 1) = ANY (${keyNames}))`;

const BACKLOG = `SELECT ARRAY(SELECT DISTINCT tenant_id FROM ${DUE} AND ${ours("$1")} LIMIT 1000) AS tenants,
  (SELECT count(*)::float8 FROM metrics.webhook_deliveries WHERE state = 'pending') AS pending,
  coalesce((SELECT extract(epoch FROM now() - min(d.next_attempt_at))::float8 FROM ${DUE}), 0) AS oldest_seconds`;

const CLAIM = `WITH due AS (
  SELECT d.tenant_id, d.webhook_id, d.event_id FROM ${DUE} AND d.tenant_id = $1 AND d.webhook_id = $2 AND ${ours("$4")}
  ORDER BY d.event_id LIMIT 1 FOR UPDATE OF d SKIP LOCKED
), claimed AS (
  UPDATE metrics.webhook_deliveries d
  SET attempts = d.attempts + 1, last_attempt_at = now(), next_attempt_at = now() + make_interval(secs => $3)
  FROM due WHERE d.tenant_id = due.tenant_id AND d.webhook_id = due.webhook_id AND d.event_id = due.event_id
  RETURNING d.tenant_id, d.webhook_id, d.event_id, d.attempts, d.last_attempt_at::text AS claimed_at
)
SELECT c.event_id, c.attempts, c.claimed_at, w.url, e.body, w.secret, w.sealed_secret,
  CASE WHEN w.previous_until > now() THEN w.previous_secret END AS previous_secret,
  CASE WHEN w.previous_until > now() THEN w.sealed_previous END AS sealed_previous
FROM claimed c JOIN metrics.webhooks w USING (tenant_id, webhook_id) JOIN metrics.webhook_events e USING (tenant_id, event_id)`;

interface Row extends Record<string, unknown> {
  readonly event_id: string;
  readonly attempts: number;
  readonly claimed_at: string;
  readonly url: string;
  readonly body: string;
  readonly secret: Buffer | null;
  readonly sealed_secret: string | null;
  readonly previous_secret: Buffer | null;
  readonly sealed_previous: string | null;
}

/** What there is to send, of all tenants. */
export interface Backlog {
  /** Those for which this process can sign. */
  readonly tenants: readonly string[];
  readonly pending: number;
  readonly oldestSeconds: number;
}

/** @param keyNames of the keys that secrets are opened with */
export async function readBacklog(tx: Queryable, keyNames: readonly string[]): Promise<Backlog> {
  const { rows } = await tx.query<{ tenants: string[]; pending: number; oldest_seconds: number }>(BACKLOG, [
    [...keyNames],
  ]);
  const [row] = rows;
  return {
    tenants: row?.tenants ?? [],
    pending: row?.pending ?? 0,
    oldestSeconds: Math.max(0, row?.oldest_seconds ?? 0),
  };
}

export async function dueWebhooks(
  tx: Queryable,
  tenant: string,
  keyNames: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await tx.query<{ webhook_id: string }>(
    `SELECT DISTINCT d.webhook_id FROM ${DUE} AND d.tenant_id = $1 AND ${ours("$2")}`,
    [tenant, [...keyNames]],
  );
  return rows.map(({ webhook_id }) => webhook_id);
}

/** Takes the oldest delivery of a webhook that is due; `null` where none is. */
export async function claimDelivery(
  tx: Queryable,
  tenant: string,
  webhook: string,
  { leaseMs, seal }: { readonly leaseMs: number; readonly seal: SecretSeal },
): Promise<ClaimedDelivery | null> {
  const { rows } = await tx.query<Row>(CLAIM, [tenant, webhook, leaseMs / 1_000, [...seal.keyNames]]);
  const [row] = rows;
  return row === undefined
    ? null
    : {
        webhook,
        event: row.event_id,
        url: row.url,
        body: row.body,
        secrets: secretsOf(row, (sealed) => seal.open({ tenant, webhook }, sealed)),
        attempt: row.attempts,
        claimedAt: row.claimed_at,
      };
}

/** Those that are not sealed were written by an earlier version, which may run beside this one. */
function secretsOf(row: Row, open: (sealed: string) => Buffer | null): readonly Buffer[] {
  const opened = (plain: Buffer | null, sealed: string | null) =>
    plain ?? (sealed === null ? null : open(sealed));
  const secret = opened(row.secret, row.sealed_secret);
  const previous = opened(row.previous_secret, row.sealed_previous);
  return secret === null ? [] : previous === null ? [secret] : [secret, previous];
}
