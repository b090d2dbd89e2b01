import type { Database } from "../database/database.ts";

/** Rows that say what was done, and not what was measured. */
export const PURGED_TABLES = ["erasures", "daily_usage", "idempotency_keys", "live_tickets"] as const;
export type PurgedTable = (typeof PURGED_TABLES)[number];

/** How long they are kept, in days. */
export interface PurgeSettings {
  /** Completed erasures, and how much tenants have sent each day. */
  readonly recordDays: number;
  /** Responses to requests with an `Idempotency-Key`. */
  readonly idempotencyDays: number;
}

/** Told of what was deleted. Implementations must not throw. */
export interface PurgeObserver {
  purged(event: { readonly table: PurgedTable; readonly rows: number }): void;
}

const CHUNK = 5_000;
const DAYS = "(now() - make_interval(days => $1))";

/** Which rows are past their time; `$1`: the days that they are kept. What is under way is never among them. */
const EXPIRED: Readonly<
  Record<PurgedTable, { readonly of: keyof PurgeSettings | null; readonly where: string }>
> = {
  erasures: { of: "recordDays", where: `completed_at < ${DAYS}` },
  daily_usage: { of: "recordDays", where: `day < (${DAYS} AT TIME ZONE 'UTC')::date` },
  idempotency_keys: { of: "idempotencyDays", where: `created_at < ${DAYS}` },
  live_tickets: { of: null, where: `expires_at < ${DAYS}` },
};

/** Deletes records that were kept for long enough, of all tenants. May be ended at any point, and begun again. */
export async function purge(
  database: Pick<Database, "asPlatform">,
  settings: PurgeSettings,
  observer: PurgeObserver,
  signal: AbortSignal,
): Promise<void> {
  for (const table of PURGED_TABLES) {
    const { of, where } = EXPIRED[table];
    let deleted = CHUNK;
    while (deleted === CHUNK && !signal.aborted) {
      const { rowCount } = await database.asPlatform("retention", (tx) =>
        tx.query(
          `DELETE FROM metrics.${table} WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM metrics.${table} WHERE ${where} LIMIT ${CHUNK}
           ))`,
          [of === null ? 0 : settings[of]],
        ),
      );
      deleted = rowCount ?? 0;
      if (deleted > 0) {
        observer.purged({ table, rows: deleted });
      }
    }
  }
}
