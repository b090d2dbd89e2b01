import { arrayLiteral } from "@sark/audit/postgres";
import { LRUCache } from "lru-cache";
import type { Queryable } from "../database/database.ts";
import type { IngestEvent } from "../domain/ingest.ts";

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

/** The quota of each tenant's day, over all replicas. */
export interface DailyQuota {
  /**
   * Before the events are inserted: refuses what does not fit by what is committed now. A tenant beyond its quota costs two
   * look-ups, and no rows that are written and taken back. Rejects with `QuotaExceeded`.
   */
  check(tx: Queryable, tenant: string, events: readonly IngestEvent[]): Promise<void>;
  /**
   * Counts new events against the day of the tenant, as the last statement but that of the response: what all replicas have
   * committed counts, to the event. Where there is no quota, nothing is counted, and no transaction waits for another one. Rejects
   * with `QuotaExceeded`.
   */
  count(tx: Queryable, tenant: string, newEvents: number): Promise<void>;
}

const MAX_REMEMBERED = 10_000;
/** Until the day ends, in UTC. */
const SECONDS_LEFT = "ceil(86400 - extract(epoch FROM now() - date_trunc('day', now(), 'UTC')))::int";

interface Usage extends Record<string, unknown> {
  readonly used: number;
  readonly quota: number;
  readonly seconds: number;
}

export function createDailyQuota(): DailyQuota {
  /** Tenants that had none when they were counted last are not checked: `count` finds out when one gets a quota. */
  const hasQuota = new LRUCache<string, boolean>({ max: MAX_REMEMBERED });

  return {
    async check(tx, tenant, events) {
      if (hasQuota.get(tenant) === false) {
        return;
      }
      const { rows } = await tx.query<Usage>({
        name: "check-quota",
        text: `SELECT coalesce(u.events, 0)::float8 AS used, t.events_per_day::float8 AS quota, ${SECONDS_LEFT} AS seconds
FROM metrics.tenants t
LEFT JOIN metrics.daily_usage u ON u.tenant_id = t.tenant_id AND u.day = (now() AT TIME ZONE 'UTC')::date
WHERE t.tenant_id = $1 AND t.events_per_day IS NOT NULL`,
        values: [tenant],
      });
      const [row] = rows;
      if (row === undefined || row.used + events.length <= row.quota) {
        return;
      }
      // Those that are there already cost nothing.
      if (row.used + (await countNew(tx, tenant, events)) > row.quota) {
        throw new QuotaExceeded(row.quota, row.seconds);
      }
    },

    async count(tx, tenant, newEvents) {
      if (newEvents === 0) {
        return;
      }
      const { rows } = await tx.query<Usage>({
        name: "count-against-quota",
        text: `WITH quota AS (
  SELECT events_per_day FROM metrics.tenants WHERE tenant_id = $1 AND events_per_day IS NOT NULL
)
INSERT INTO metrics.daily_usage AS u (tenant_id, day, events)
SELECT $1, (now() AT TIME ZONE 'UTC')::date, $2::bigint FROM quota
ON CONFLICT (tenant_id, day) DO UPDATE SET events = u.events + excluded.events
RETURNING events::float8 AS used, (SELECT events_per_day::float8 FROM quota) AS quota, ${SECONDS_LEFT} AS seconds`,
        values: [tenant, newEvents],
      });
      const [row] = rows;
      hasQuota.set(tenant, row !== undefined);
      if (row !== undefined && row.used > row.quota) {
        throw new QuotaExceeded(row.quota, row.seconds);
      }
    },
  };
}

/** How many of the events are not stored, each once. */
async function countNew(tx: Queryable, tenant: string, events: readonly IngestEvent[]): Promise<number> {
  const keysOf = (kind: IngestEvent["kind"]) => [
    ...new Set(events.flatMap((event) => (event.kind === kind ? [event.key] : []))),
  ];
  const { rows } = await tx.query<{ count: number }>({
    name: "count-new-events",
    text: `SELECT (
  SELECT count(*) FROM unnest($2::uuid[]) AS k(key)
  WHERE NOT EXISTS (SELECT FROM metrics.activity_events e WHERE e.tenant_id = $1 AND e.event_key = k.key)
)::float8 + (
  SELECT count(*) FROM unnest($3::uuid[]) AS k(key)
  WHERE NOT EXISTS (SELECT FROM metrics.productivity_scores e WHERE e.tenant_id = $1 AND e.event_key = k.key)
)::float8 AS count`,
    values: [tenant, arrayLiteral(keysOf("activity")), arrayLiteral(keysOf("score"))],
  });
  return rows[0]?.count ?? events.length;
}
