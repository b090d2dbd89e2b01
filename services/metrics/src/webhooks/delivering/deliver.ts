import type { Database } from "../../database/database.ts";
import type { DisabledReason, WebhookObserver } from "../observer.ts";
import type { PublishEvent } from "../publish.ts";
import type { SecretSeal } from "../secrets/secret-seal.ts";
import type { Attempt, SendMessage } from "../sending/attempt.ts";
import { signedHeaders } from "../signing.ts";
import { claimDelivery, dueWebhooks, type ClaimedDelivery } from "./claim.ts";
import { settleDelivery, type RetrySettings } from "./settle.ts";

export interface DeliverySettings extends RetrySettings {
  /** An attempt takes no longer. */
  readonly timeoutMs: number;
}

/** Sends what is due of a tenant. */
export type DeliverDue = (tenant: string, signal: AbortSignal) => Promise<void>;

/** A job of a tenant ends then, so that other tenants have their turn; what is left is asked for again. */
const TURN_MS = 10_000;
/** Beyond the longest attempt: then its process is taken for dead, and the delivery is sent again. */
const LEASE_MARGIN_MS = 30_000;
const UNSIGNED: Attempt = { result: "unsigned", status: null, retryAfterMs: null };

export function createDelivering(deps: {
  readonly database: Pick<Database, "asPlatform">;
  readonly send: SendMessage;
  readonly seal: SecretSeal;
  readonly publish: PublishEvent;
  readonly observer: WebhookObserver;
  readonly settings: DeliverySettings;
  /** Puts on record that the service has disabled a webhook. Must not reject. */
  onDisabled(tenant: string, webhook: string, reason: DisabledReason): Promise<void>;
}): DeliverDue {
  const { database, observer, seal, settings } = deps;
  const leaseMs = settings.timeoutMs + LEASE_MARGIN_MS;

  /** Whether the webhook may have more. */
  async function sendOne(tenant: string, claimed: ClaimedDelivery, signal: AbortSignal): Promise<boolean> {
    const { webhook, event, url, body, secrets, attempt: number } = claimed;
    const startedAt = performance.now();
    const headers = signedHeaders({ id: event, body }, secrets, Date.now());
    const attempt = secrets.length === 0 ? UNSIGNED : await deps.send({ url, headers, body }, signal);
    // One that was cut off by a shutdown has not failed: it is sent again when its lease is over, or by the next process.
    if (attempt.result !== "delivered" && signal.aborted) {
      return false;
    }
    const settled = await database.asPlatform("webhooks", (tx) =>
      settleDelivery(tx, tenant, claimed, attempt, { settings, publish: deps.publish }),
    );
    const { result, status } = attempt;
    const seconds = (performance.now() - startedAt) / 1_000;
    observer.attempted({ tenant, webhook, event, result, status, seconds, attempt: number });
    if (settled.isDead) {
      observer.died({ tenant, webhook, event });
    }
    if (settled.disabled !== null) {
      observer.disabled({ tenant, webhook, reason: settled.disabled });
      await deps.onDisabled(tenant, webhook, settled.disabled);
    }
    return result === "delivered";
  }

  /** One after the other, in the order in which they came about, until one fails. */
  async function sendAll(
    tenant: string,
    webhook: string,
    endsAt: number,
    signal: AbortSignal,
  ): Promise<void> {
    let hasMore = true;
    while (hasMore && !signal.aborted && performance.now() < endsAt) {
      const claimed = await database.asPlatform("webhooks", (tx) =>
        claimDelivery(tx, tenant, webhook, { leaseMs, seal }),
      );
      hasMore = claimed !== null && (await sendOne(tenant, claimed, signal));
    }
  }

  return async (tenant, signal) => {
    const webhooks = await database.asPlatform("webhooks", (tx) => dueWebhooks(tx, tenant, seal.keyNames));
    const endsAt = performance.now() + TURN_MS;
    const ended = await Promise.allSettled(
      webhooks.map((webhook) => sendAll(tenant, webhook, endsAt, signal)),
    );
    const failed = ended.find((one) => one.status === "rejected");
    if (failed !== undefined) {
      throw failed.reason;
    }
  };
}
