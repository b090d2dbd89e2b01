import type { Queryable } from "../database/database.ts";

/** The tenant has sent as many events as it may today. Nothing of the transaction is kept. */
export class QuotaExceeded extends Error {
  override readonly name = "QuotaExceeded";
  /** Until the day ends, in UTC. */
  readonly retryAfterSeconds: number;

  constructor(eventsPerDay: number, retryAfterSeconds: number) {
    super(`The tenant may send ${eventsPerDay} new events a day.`);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * Counts new events against the day of the tenant, as the last statement of their transaction: what all replicas have committed
 * counts, to the event. Where there is no quota, nothing is counted, and no transaction waits for another one. Rejects with
 * `QuotaExceeded`.
 */
export async function countAgainstQuota(tx: Queryable, tenant: string, events: number): Promise<void> {
  if (events === 0) {
    return;
  }
  const { rows } = await tx.query<{ used: number; quota: number; seconds: number }>({
    name: "count-against-quota",
    text: `WITH quota AS (
  SELECT events_per_day FROM metrics.tenants WHERE tenant_id = $1 AND events_per_day IS NOT NULL
)
INSERT INTO metrics.daily_usage AS u (tenant_id, day, events)
SELECT $1, (now() AT TIME ZONE 'UTC')::date, $2::bigint FROM quota
ON CONFLICT (tenant_id, day) DO UPDATE SET events = u.events + excluded.events
RETURNING events::float8 AS used, (SELECT events_per_day::float8 FROM quota) AS quota,
  ceil(86400 - extract(epoch FROM now() - date_trunc('day', now(), 'UTC')))::int AS seconds`,
    values: [tenant, events],
  });
  const [row] = rows;
  if (row !== undefined && row.used > row.quota) {
    throw new QuotaExceeded(row.quota, row.seconds);
  }
}
