import type { Database, Queryable } from "../database/database.ts";
import type { EventKind } from "../domain/ingest.ts";

/** How long events and roll-ups are kept. */
export interface RetentionSettings {
  /** Of tenants that say nothing themselves. */
  readonly eventDays: number;
  readonly rollupDays: number;
  /** Between the announcement of what will be deleted, and the deletion: longer than any request of before takes. */
  readonly noticeMs: number;
}

/** Deletes what is too old. */
export interface Retention {
  /**
   * Announces a new horizon of the tenant, and deletes events before the one that was announced long enough ago. May be ended at any
   * point, and begun again.
   */
  run(tenant: string, signal: AbortSignal): Promise<void>;
}

/** What happens to old rows. Implementations must not throw. */
export interface RetentionObserver {
  deleted(event: {
    readonly tenant: string;
    readonly table: EventKind | "rollups";
    readonly rows: number;
  }): void;
}

/** Of roll-ups, so that a feature does not import the other one. */
export interface RollupStore {
  settle(
    tx: Queryable,
    tenant: string,
    before: Date,
    maxRows: number,
  ): Promise<Readonly<Record<EventKind, number>>>;
  deleteRollups(tx: Queryable, tenant: string, before: Date): Promise<number>;
}

/** Rows of a kind in one transaction. */
const CHUNK = 5_000;

export function createRetention(options: {
  readonly database: Pick<Database, "asPlatform">;
  readonly rollups: RollupStore;
  readonly settings: RetentionSettings;
  readonly observer: RetentionObserver;
}): Retention {
  const { database, rollups, settings, observer } = options;
  return {
    async run(tenant, signal) {
      const due = await database.asPlatform("retention", (tx) => announce(tx, tenant, settings));
      if (due === null) {
        return;
      }
      let hasMore = true;
      while (hasMore && !signal.aborted) {
        const deleted = await database.asPlatform("retention", (tx) =>
          rollups.settle(tx, tenant, due, CHUNK),
        );
        for (const kind of ["activity", "score"] as const) {
          if (deleted[kind] > 0) {
            observer.deleted({ tenant, table: kind, rows: deleted[kind] });
          }
        }
        hasMore = deleted.activity === CHUNK || deleted.score === CHUNK;
      }
      if (signal.aborted) {
        return;
      }
      const rows = await database.asPlatform("retention", async (tx) =>
        rollups.deleteRollups(tx, tenant, await rollupsEnd(tx, due, settings.rollupDays)),
      );
      if (rows > 0) {
        observer.deleted({ tenant, table: "rollups", rows });
      }
    },
  };
}

/** Before when roll-ups are dropped, by the clock of the database. Hours that still have events keep theirs. */
async function rollupsEnd(tx: Queryable, due: Date, days: number): Promise<Date> {
  const { rows } = await tx.query<{ before: Date }>(
    "SELECT least($1::timestamptz, now() - make_interval(days => $2)) AS before",
    [due, days],
  );
  return rows[0]?.before ?? new Date(0);
}

/**
 * Moves the horizon of a tenant to where its retention has it now, never back, and resolves to the one before which may be deleted:
 * one that has been announced for long enough. `null`: none yet. By the clock of the database, which all replicas share.
 */
async function announce(
  tx: Queryable,
  tenant: string,
  { eventDays, noticeMs }: RetentionSettings,
): Promise<Date | null> {
  const { rows } = await tx.query<{ due: Date | null }>(
    `WITH before AS (
       SELECT horizon, announced_at <= now() - make_interval(secs => $3) AS is_due
       FROM metrics.retention_states WHERE tenant_id = $1
     ), wanted AS (
       SELECT date_trunc('hour', now() - make_interval(days => least(coalesce(retention_days, $2), own_retention_days)), 'UTC') AS horizon
       FROM metrics.tenants WHERE tenant_id = $1
     ), announced AS (
       INSERT INTO metrics.retention_states AS s (tenant_id, horizon, announced_at)
       SELECT $1, horizon, now() FROM wanted
       ON CONFLICT (tenant_id) DO UPDATE SET horizon = excluded.horizon, announced_at = now()
       WHERE s.horizon < excluded.horizon AND s.announced_at <= now() - make_interval(secs => $3)
     )
     SELECT horizon AS due FROM before WHERE is_due`,
    [tenant, eventDays, noticeMs / 1_000],
  );
  return rows[0]?.due ?? null;
}
