import type { Queryable } from "../database/database.ts";
import { EVENT_KINDS, type EventKind } from "../domain/ingest.ts";
import { ROLLUP_STATEMENTS } from "./statements.ts";

/** Hours of one kind of events. */
export type HoursByKind = Readonly<Record<EventKind, readonly Date[]>>;

/** What one transaction of roll-ups has done. */
export interface RolledUp {
  readonly hours: number;
  /** Marks are left: there is more to do. */
  readonly hasMore: boolean;
}

/** Hours in one transaction. */
const MAX_HOURS = 500;
const DAY_MS = 86_400_000;

/**
 * Counts the marked hours of a tenant anew, and their days. The marks are taken by a statement before those that count: each row
 * of a mark that was taken is seen. Marks that come meanwhile stay for the next time. In a transaction of the platform.
 */
export async function rollUp(tx: Queryable, tenant: string): Promise<RolledUp> {
  await lockRollups(tx, tenant);
  const { rows } = await tx.query<{ kind: EventKind; hour: Date }>(
    `WITH hours AS MATERIALIZED (
       SELECT DISTINCT kind, hour FROM metrics.rollup_marks WHERE tenant_id = $1 ORDER BY hour, kind LIMIT $2
     ), taken AS (
       DELETE FROM metrics.rollup_marks m USING hours h WHERE m.tenant_id = $1 AND m.kind = h.kind AND m.hour = h.hour
     )
     SELECT kind, hour FROM hours`,
    [tenant, MAX_HOURS],
  );
  const hours = (kind: EventKind) => rows.filter((row) => row.kind === kind).map((row) => row.hour);
  await countAnew(tx, tenant, { activity: hours("activity"), score: hours("score") });
  await tx.query("UPDATE metrics.rollup_states SET rolled_up_at = now() WHERE tenant_id = $1", [tenant]);
  return { hours: rows.length, hasMore: rows.length === MAX_HOURS };
}

/**
 * All who write roll-ups of a tenant wait here for each other, until their transactions end: what counts after that sees what
 * those before have written and deleted.
 */
export async function lockRollups(tx: Queryable, tenant: string): Promise<void> {
  await tx.query("INSERT INTO metrics.rollup_states (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING", [
    tenant,
  ]);
  await tx.query("SELECT 1 FROM metrics.rollup_states WHERE tenant_id = $1 FOR UPDATE", [tenant]);
}

/** Brings these hours, and their days, to what the raw rows say now. Under the lock. */
export async function countAnew(tx: Queryable, tenant: string, hours: HoursByKind): Promise<void> {
  await letPlanNestLoops(tx, false);
  for (const kind of EVENT_KINDS) {
    if (hours[kind].length > 0) {
      const { countHours, countDays } = ROLLUP_STATEMENTS[kind];
      const days = new Set(hours[kind].map((hour) => Math.floor(hour.getTime() / DAY_MS) * DAY_MS));
      await tx.query(countHours, [tenant, hours[kind]]);
      await tx.query(countDays, [tenant, [...days].map((day) => new Date(day))]);
    }
  }
  await letPlanNestLoops(tx, true);
}

/**
 * What is counted has no statistics, so that PostgreSQL takes it for a few rows and compares each of them with each row that is
 * there: of an hour with ten thousand users, a hundred million. Without nested loops it hashes them, and needs no compiler (`jit`) for
 * what then seems expensive.
 */
async function letPlanNestLoops(tx: Queryable, may: boolean): Promise<void> {
  await tx.query("SELECT set_config('enable_nestloop', $1, true), set_config('jit', 'off', true)", [
    may ? "on" : "off",
  ]);
}
