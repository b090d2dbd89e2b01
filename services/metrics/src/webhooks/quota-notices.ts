import type { Database } from "../database/database.ts";
import type { WebhookObserver } from "./observer.ts";
import type { PublishEvent } from "./publish.ts";

/** Tells a tenant of its quota of the day, once for each day (UTC). */
export interface QuotaNotices {
  /** Tenants that have used four fifths of today's quota, and were not told. */
  nearTenants(): Promise<readonly string[]>;
  tellNear(tenant: string): Promise<void>;
  /** Events of the tenant were refused because of its quota. Never waits, and never throws. */
  exceeded(tenant: string): void;
}

const NEAR = 0.8;
const TODAY = "(now() AT TIME ZONE 'UTC')::date";
const NEAR_TENANTS = `SELECT u.tenant_id FROM metrics.daily_usage u JOIN metrics.tenants t USING (tenant_id)
WHERE u.day = ${TODAY} AND t.events_per_day IS NOT NULL AND u.events >= $1::float8 * t.events_per_day
  AND NOT EXISTS (SELECT FROM metrics.quota_notices n
                  WHERE n.tenant_id = u.tenant_id AND n.day = u.day AND n.notice = 'near')`;
const NOTE = `WITH noted AS (
  INSERT INTO metrics.quota_notices (tenant_id, day, notice)
  SELECT tenant_id, ${TODAY}, $2 FROM metrics.tenants WHERE tenant_id = $1 AND events_per_day IS NOT NULL
  ON CONFLICT DO NOTHING RETURNING day
)
SELECT noted.day::text, t.events_per_day::float8 AS quota,
  coalesce((SELECT events::float8 FROM metrics.daily_usage u WHERE u.tenant_id = $1 AND u.day = noted.day), 0) AS used
FROM noted, metrics.tenants t WHERE t.tenant_id = $1`;

export function createQuotaNotices(
  database: Pick<Database, "asPlatform">,
  observer: Pick<WebhookObserver, "failed">,
  publish: PublishEvent,
): QuotaNotices {
  /** Whom this process has told today, so that a flood of refused requests asks the database once. */
  let told: { readonly day: number; readonly tenants: Set<string> } = { day: 0, tenants: new Set() };

  async function note(tenant: string, notice: "near" | "exceeded"): Promise<void> {
    await database.asPlatform("webhooks", async (tx) => {
      const { rows } = await tx.query<{ day: string; quota: number; used: number }>(NOTE, [tenant, notice]);
      const [row] = rows;
      if (row !== undefined) {
        const data = { day: row.day, events: row.used, events_per_day: row.quota };
        await publish(tx, tenant, { type: `quota.${notice}`, data });
      }
    });
  }

  return {
    async nearTenants() {
      const { rows } = await database.asPlatform("webhooks", (tx) =>
        tx.query<{ tenant_id: string }>(NEAR_TENANTS, [NEAR]),
      );
      return rows.map(({ tenant_id }) => tenant_id);
    },
    tellNear: (tenant) => note(tenant, "near"),
    exceeded(tenant) {
      const day = Math.floor(Date.now() / 86_400_000);
      if (told.day !== day) {
        told = { day, tenants: new Set() };
      }
      const { tenants } = told;
      if (tenants.has(tenant)) {
        return;
      }
      tenants.add(tenant);
      note(tenant, "exceeded").catch((error: unknown) => {
        // The next refused request tries again.
        tenants.delete(tenant);
        observer.failed(error);
      });
    },
  };
}
