import { afterCommit, type Database, type Queryable } from "../database/database.ts";
import type { TenantEventType } from "../domain/webhooks.ts";
import type { DueTenants } from "./due-tenants.ts";
import type { PublishEvent } from "./publish.ts";
import type { AttemptResult } from "./sending/attempt.ts";

/** `dead`: it failed as often as it may, and is sent again only where its tenant asks for it. */
export const DELIVERY_STATES = ["pending", "delivered", "dead"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** An event on its way to a webhook. */
export interface Delivery {
  /** Of the event, which the receiver has as `webhook-id`. */
  readonly id: string;
  readonly type: TenantEventType;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly lastAttemptAt: Date | null;
  readonly lastResult: AttemptResult | null;
  /** Of the last response, where there was one. */
  readonly lastStatus: number | null;
  /** `null` unless it is pending. */
  readonly nextAttemptAt: Date | null;
  readonly deliveredAt: Date | null;
}

export interface Deliveries {
  /** The newest first, of one state or of all. `null` where there is no such webhook. */
  list(
    tenant: string,
    webhook: string,
    state: DeliveryState | null,
    page: { readonly before: string | null; readonly limit: number },
  ): Promise<readonly Delivery[] | null>;
  /** Sends it again, whatever its state is. `null` where there is none. */
  redeliver(tenant: string, webhook: string, id: string): Promise<Delivery | null>;
  /** Sends all that are dead again; resolves to how many. */
  redeliverDead(tenant: string, webhook: string): Promise<number>;
  /** Sends a message that says that it is a test. `null` where there is no such webhook, or it is disabled. */
  test(tenant: string, webhook: string): Promise<Delivery | null>;
}

interface Row extends Record<string, unknown> {
  readonly event_id: string;
  readonly event_type: TenantEventType;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly created_at: Date;
  readonly last_attempt_at: Date | null;
  readonly last_result: AttemptResult | null;
  readonly last_status: number | null;
  readonly next_attempt_at: Date;
  readonly delivered_at: Date | null;
}

const SELECT = `SELECT d.event_id, e.event_type, d.state, d.attempts, e.created_at, d.last_attempt_at, d.last_result,
  d.last_status, d.next_attempt_at, d.delivered_at
FROM metrics.webhook_deliveries d JOIN metrics.webhook_events e USING (tenant_id, event_id)
WHERE d.tenant_id = $1 AND d.webhook_id = $2`;
const AGAIN = "SET state = 'pending', attempts = 0, next_attempt_at = now(), delivered_at = NULL";

export function createDeliveries(
  database: Pick<Database, "asTenant">,
  { publish, due }: { readonly publish: PublishEvent; readonly due: Pick<DueTenants, "add"> },
): Deliveries {
  const within = <T>(tenant: string, work: (tx: Queryable) => Promise<T>) =>
    database.asTenant("webhooks", tenant, work);
  return {
    list: (tenant, webhook, state, { before, limit }) =>
      within(tenant, async (tx) => {
        const { rowCount } = await tx.query(
          "SELECT 1 FROM metrics.webhooks WHERE tenant_id = $1 AND webhook_id = $2",
          [tenant, webhook],
        );
        if (rowCount !== 1) {
          return null;
        }
        const { rows } = await tx.query<Row>(
          `${SELECT} AND ($3::text IS NULL OR d.state = $3) AND ($4::uuid IS NULL OR d.event_id < $4)
           ORDER BY d.event_id DESC LIMIT $5`,
          [tenant, webhook, state, before, limit],
        );
        return rows.map(toDelivery);
      }),
    redeliver: (tenant, webhook, id) =>
      within(tenant, async (tx) => {
        await tx.query(
          `UPDATE metrics.webhook_deliveries ${AGAIN} WHERE tenant_id = $1 AND webhook_id = $2 AND event_id = $3`,
          [tenant, webhook, id],
        );
        afterCommit(tx, () => due.add(tenant));
        return read(tx, tenant, webhook, id);
      }),
    redeliverDead: (tenant, webhook) =>
      within(tenant, async (tx) => {
        const { rowCount } = await tx.query(
          `UPDATE metrics.webhook_deliveries ${AGAIN} WHERE tenant_id = $1 AND webhook_id = $2 AND state = 'dead'`,
          [tenant, webhook],
        );
        afterCommit(tx, () => due.add(tenant));
        return rowCount ?? 0;
      }),
    test: (tenant, webhook) =>
      within(tenant, async (tx) => {
        const id = await publish(tx, tenant, {
          type: "webhook.test",
          data: { webhook_id: webhook },
          webhook,
        });
        return id === null ? null : read(tx, tenant, webhook, id);
      }),
  };
}

async function read(tx: Queryable, tenant: string, webhook: string, id: string): Promise<Delivery | null> {
  const { rows } = await tx.query<Row>(`${SELECT} AND d.event_id = $3`, [tenant, webhook, id]);
  return rows[0] === undefined ? null : toDelivery(rows[0]);
}

function toDelivery(row: Row): Delivery {
  return {
    id: row.event_id,
    type: row.event_type,
    state: row.state,
    attempts: row.attempts,
    createdAt: row.created_at,
    lastAttemptAt: row.last_attempt_at,
    lastResult: row.last_result,
    lastStatus: row.last_status,
    nextAttemptAt: row.state === "pending" ? row.next_attempt_at : null,
    deliveredAt: row.delivered_at,
  };
}
