import { backoffMs } from "@sark/observability/waiting";
import type { Queryable } from "../../database/database.ts";
import type { DisabledReason } from "../observer.ts";
import type { PublishEvent } from "../publish.ts";
import type { Attempt } from "../sending/attempt.ts";
import type { ClaimedDelivery } from "./claim.ts";

export interface RetrySettings {
  /** Attempts of one delivery, the first included. */
  readonly maxAttempts: number;
  readonly retryDelayMs: number;
  readonly maxRetryDelayMs: number;
  /** A webhook whose attempts have all failed for so long is disabled. */
  readonly disableAfterMs: number;
}

/** What became of a delivery, and of its webhook. */
export interface Settled {
  readonly isDead: boolean;
  readonly disabled: DisabledReason | null;
}

/** Longest time for which one failure keeps the other deliveries of a webhook waiting. */
const MAX_HOLD_MS = 5 * 60_000;
/** The receiver says that it will never take any of them. */
const WITHDRAWN = 410;

/**
 * Writes down how an attempt ended. Where another process has taken the delivery for lost meanwhile and sends it itself, or the tenant
 * has asked for it to be sent again, what becomes of it is said by the attempt that follows.
 */
export async function settleDelivery(
  tx: Queryable,
  tenant: string,
  claimed: ClaimedDelivery,
  attempt: Attempt,
  { settings, publish }: { readonly settings: RetrySettings; readonly publish: PublishEvent },
): Promise<Settled> {
  const { result, status } = attempt;
  const delivered = result === "delivered";
  // Each attempt takes its webhook first: two of them never wait for each other.
  const { rows } = await tx.query<{ failures: number; failing_ms: number }>(
    `UPDATE metrics.webhooks
     SET failures = CASE WHEN $3 THEN 0 ELSE failures + 1 END,
         failing_since = CASE WHEN $3 THEN NULL ELSE coalesce(failing_since, now()) END, held_until = NULL
     WHERE tenant_id = $1 AND webhook_id = $2 AND disabled_at IS NULL
     RETURNING failures, coalesce(extract(epoch FROM now() - failing_since) * 1000, 0)::float8 AS failing_ms`,
    [tenant, claimed.webhook, delivered],
  );
  const isDead = !delivered && claimed.attempt >= settings.maxAttempts;
  const waitMs = delivered || isDead ? 0 : retryWait(claimed.attempt, attempt, settings);
  const { rowCount } = await tx.query(
    `UPDATE metrics.webhook_deliveries
     SET state = $5, last_result = $6, last_status = $7, next_attempt_at = now() + make_interval(secs => $8),
         delivered_at = CASE WHEN $5 = 'delivered' THEN now() END
     WHERE tenant_id = $1 AND webhook_id = $2 AND event_id = $3 AND attempts = $4 AND last_attempt_at = $9::timestamptz
       AND state = 'pending'`,
    [
      tenant,
      claimed.webhook,
      claimed.event,
      claimed.attempt,
      delivered ? "delivered" : isDead ? "dead" : "pending",
      result,
      status,
      waitMs / 1_000,
      claimed.claimedAt,
    ],
  );
  const [webhook] = rows;
  const isOurs = rowCount === 1;
  if (delivered || webhook === undefined) {
    return { isDead: isDead && isOurs, disabled: null };
  }
  const reason =
    status === WITHDRAWN ? "withdrawn" : webhook.failing_ms >= settings.disableAfterMs ? "failing" : null;
  if (reason === null) {
    await hold(
      tx,
      tenant,
      claimed.webhook,
      Math.min(MAX_HOLD_MS, retryWait(webhook.failures, attempt, settings)),
    );
  } else {
    await disable(tx, tenant, claimed, reason, publish);
  }
  return { isDead: isDead && isOurs, disabled: reason };
}

function retryWait(failures: number, { retryAfterMs }: Attempt, settings: RetrySettings): number {
  const wait = backoffMs(failures, { baseMs: settings.retryDelayMs, maxMs: settings.maxRetryDelayMs });
  return Math.max(wait, retryAfterMs ?? 0);
}

async function hold(tx: Queryable, tenant: string, webhook: string, ms: number): Promise<void> {
  await tx.query(
    `UPDATE metrics.webhooks SET held_until = now() + make_interval(secs => $3)
     WHERE tenant_id = $1 AND webhook_id = $2`,
    [tenant, webhook, ms / 1_000],
  );
}

/** What it has not taken is dead: its tenant may have it sent again. The tenant's other webhooks are told. */
async function disable(
  tx: Queryable,
  tenant: string,
  { webhook, url }: ClaimedDelivery,
  reason: DisabledReason,
  publish: PublishEvent,
): Promise<void> {
  await tx.query(
    `UPDATE metrics.webhooks SET disabled_at = now(), disabled_reason = $3 WHERE tenant_id = $1 AND webhook_id = $2`,
    [tenant, webhook, reason],
  );
  await tx.query(
    `UPDATE metrics.webhook_deliveries SET state = 'dead'
     WHERE tenant_id = $1 AND webhook_id = $2 AND state = 'pending'`,
    [tenant, webhook],
  );
  await publish(tx, tenant, {
    type: "webhook.disabled",
    data: { webhook_id: webhook, host: new URL(url).host, reason },
  });
}
