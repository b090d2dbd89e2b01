import { randomUUID } from "node:crypto";
import type { Database, Queryable } from "../database/database.ts";
import type { SubscribedEvent } from "../domain/webhooks.ts";
import { refuseSecondKey } from "./secrets/missing-keys.ts";
import type { SecretSeal } from "./secrets/secret-seal.ts";
import { newSecret, shownSecret } from "./signing.ts";
import type { Threshold } from "./thresholds.ts";

/** Where a tenant is told of what happens. */
export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly SubscribedEvent[];
  readonly thresholds: readonly Threshold[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
  readonly disabledReason: "requested" | "failing" | "withdrawn" | null;
  /** Failed attempts in a row, up to now. */
  readonly failures: number;
  readonly failingSince: Date | null;
}

export interface NewWebhook {
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly SubscribedEvent[];
  readonly thresholds: readonly Threshold[];
  readonly createdBy: string;
}

export interface WebhookChange extends Partial<Omit<NewWebhook, "createdBy">> {
  readonly enabled?: boolean;
}

/** A webhook with a secret that was made just now: nothing shows it again. */
export interface WebhookWithSecret {
  readonly secret: string;
  readonly webhook: Webhook;
}

export interface Webhooks {
  /** `null` where the tenant has as many as may be. Rejects with `MissingKeyError`, as does `rotate`, where another key is in use. */
  create(tenant: string, webhook: NewWebhook): Promise<WebhookWithSecret | null>;
  list(tenant: string, after: string | null, limit: number): Promise<readonly Webhook[]>;
  /** These resolve to `null` where there is none of this id. */
  find(tenant: string, id: string): Promise<Webhook | null>;
  change(tenant: string, id: string, change: WebhookChange): Promise<Webhook | null>;
  /** Another secret; messages are signed with the one before, too, for so much longer. */
  rotate(tenant: string, id: string, overlapSeconds: number): Promise<WebhookWithSecret | null>;
  /** `false` where there is none. Its deliveries are deleted with it. */
  remove(tenant: string, id: string): Promise<boolean>;
}

interface Row extends Record<string, unknown> {
  readonly webhook_id: string;
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly SubscribedEvent[];
  readonly thresholds: readonly Threshold[];
  readonly created_by: string;
  readonly created_at: Date;
  readonly disabled_at: Date | null;
  readonly disabled_reason: Webhook["disabledReason"];
  readonly failures: number;
  readonly failing_since: Date | null;
}

const SELECT = `SELECT w.webhook_id, w.url, w.description, w.events, w.created_by, w.created_at, w.disabled_at,
  w.disabled_reason, w.failures, w.failing_since,
  coalesce((SELECT jsonb_agg(jsonb_build_object('kpi', t.kpi, 'direction', t.direction, 'bound', t.bound)
                             ORDER BY t.kpi, t.direction)
            FROM metrics.webhook_thresholds t WHERE t.tenant_id = w.tenant_id AND t.webhook_id = w.webhook_id), '[]') AS thresholds
FROM metrics.webhooks w WHERE w.tenant_id = $1`;

export function createWebhooks(
  database: Pick<Database, "asTenant" | "asPlatform">,
  { maxPerTenant, seal }: { readonly maxPerTenant: number; readonly seal: SecretSeal },
): Webhooks {
  const within = <T>(tenant: string, work: (tx: Queryable) => Promise<T>) =>
    database.asTenant("webhooks", tenant, work);
  return {
    create: (tenant, webhook) =>
      within(tenant, async (tx) => {
        await refuseSecondKey(tx, seal);
        const id = randomUUID();
        const secret = newSecret();
        const { rowCount } = await tx.query(
          `INSERT INTO metrics.webhooks (tenant_id, webhook_id, url, description, events, sealed_secret, created_by)
           SELECT $1, $2, $3, $4, $5, $6, $7
           WHERE (SELECT count(*) FROM metrics.webhooks WHERE tenant_id = $1) < $8`,
          [
            tenant,
            id,
            webhook.url,
            webhook.description,
            [...webhook.events],
            seal.close({ tenant, webhook: id }, secret),
            webhook.createdBy,
            maxPerTenant,
          ],
        );
        if (rowCount !== 1) {
          return null;
        }
        await writeThresholds(tx, tenant, id, webhook.thresholds);
        const made = await read(tx, tenant, id);
        return made === null ? null : { secret: shownSecret(secret), webhook: made };
      }),
    list: (tenant, after, limit) =>
      within(tenant, async (tx) => {
        const { rows } = await tx.query<Row>(
          `${SELECT} AND ($2::uuid IS NULL OR w.webhook_id > $2) ORDER BY w.webhook_id LIMIT $3`,
          [tenant, after, limit],
        );
        return rows.map(toWebhook);
      }),
    find: (tenant, id) => within(tenant, (tx) => read(tx, tenant, id)),
    change: (tenant, id, change) =>
      within(tenant, async (tx) => {
        const { rowCount } = await tx.query(
          `UPDATE metrics.webhooks SET url = coalesce($3, url), events = coalesce($4, events),
             description = CASE WHEN $5 THEN $6 ELSE description END,
             disabled_at = CASE $7::boolean WHEN true THEN NULL WHEN false THEN coalesce(disabled_at, now()) ELSE disabled_at END,
             disabled_reason = CASE $7::boolean WHEN true THEN NULL WHEN false THEN coalesce(disabled_reason, 'requested')
                               ELSE disabled_reason END,
             -- Changed or enabled, it is tried at once.
             failures = CASE WHEN $7 OR $3 IS NOT NULL THEN 0 ELSE failures END,
             failing_since = CASE WHEN $7 OR $3 IS NOT NULL THEN NULL ELSE failing_since END,
             held_until = CASE WHEN $7 OR $3 IS NOT NULL THEN NULL ELSE held_until END
           WHERE tenant_id = $1 AND webhook_id = $2`,
          [
            tenant,
            id,
            change.url ?? null,
            change.events === undefined ? null : [...change.events],
            change.description !== undefined,
            change.description ?? null,
            change.enabled ?? null,
          ],
        );
        if (rowCount === 1 && change.thresholds !== undefined) {
          await writeThresholds(tx, tenant, id, change.thresholds);
        }
        return read(tx, tenant, id);
      }),
    rotate: (tenant, id, overlapSeconds) =>
      // As the platform: a tenant's transaction has no right to read the secret that stays good for a while.
      database.asPlatform("webhooks", async (tx) => {
        await refuseSecondKey(tx, seal);
        const secret = newSecret();
        await tx.query(
          `UPDATE metrics.webhooks
           SET secret = NULL, sealed_secret = $3, previous_secret = CASE WHEN $4 > 0 THEN secret END,
               sealed_previous = CASE WHEN $4 > 0 THEN sealed_secret END,
               previous_until = CASE WHEN $4 > 0 THEN now() + make_interval(secs => $4) END
           WHERE tenant_id = $1 AND webhook_id = $2`,
          [tenant, id, seal.close({ tenant, webhook: id }, secret), overlapSeconds],
        );
        const webhook = await read(tx, tenant, id);
        return webhook === null ? null : { secret: shownSecret(secret), webhook };
      }),
    remove: (tenant, id) =>
      within(tenant, async (tx) => {
        const { rowCount } = await tx.query(
          "DELETE FROM metrics.webhooks WHERE tenant_id = $1 AND webhook_id = $2",
          [tenant, id],
        );
        return rowCount === 1;
      }),
  };
}

/** In the place of those that it had. */
async function writeThresholds(
  tx: Queryable,
  tenant: string,
  id: string,
  thresholds: readonly Threshold[],
): Promise<void> {
  await tx.query("DELETE FROM metrics.webhook_thresholds WHERE tenant_id = $1 AND webhook_id = $2", [
    tenant,
    id,
  ]);
  await tx.query(
    `INSERT INTO metrics.webhook_thresholds (tenant_id, webhook_id, kpi, direction, bound)
     SELECT $1, $2, t.kpi, t.direction, t.bound FROM jsonb_to_recordset($3) AS t(kpi text, direction text, bound float8)`,
    [tenant, id, JSON.stringify(thresholds)],
  );
}

async function read(tx: Queryable, tenant: string, id: string): Promise<Webhook | null> {
  const { rows } = await tx.query<Row>(`${SELECT} AND w.webhook_id = $2`, [tenant, id]);
  return rows[0] === undefined ? null : toWebhook(rows[0]);
}

function toWebhook(row: Row): Webhook {
  return {
    id: row.webhook_id,
    url: row.url,
    description: row.description,
    events: row.events,
    thresholds: row.thresholds,
    createdBy: row.created_by,
    createdAt: row.created_at,
    disabledAt: row.disabled_at,
    disabledReason: row.disabled_reason,
    failures: row.failures,
    failingSince: row.failing_since,
  };
}
