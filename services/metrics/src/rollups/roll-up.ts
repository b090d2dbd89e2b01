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

/** Hours of a kind that one transaction counts anew. */
const MAX_HOURS = 500;
/** Marks of a kind that one transaction adds, and about how many entries of them: some hundred milliseconds of the database's time. */
const MAX_MARKS = 10_000;
const MAX_ENTRIES = 50_000;
const DAY_MS = 86_400_000;

/**
 * Brings the roll-ups of a tenant to what its marks say: hours that are to be counted anew are, and then what the other marks hold is
 * added. Each mark is taken by the statement that counts it, of one snapshot: what comes meanwhile stays, whole, for the next time.
 * In a transaction of the platform.
 */
export async function rollUp(tx: Queryable, tenant: string): Promise<RolledUp> {
  await lockRollups(tx, tenant);
  const recounted = await recount(tx, tenant);
  const added = recounted.hasMore ? { hours: 0, hasMore: true } : await addMarks(tx, tenant);
  await tx.query("UPDATE metrics.rollup_states SET rolled_up_at = now() WHERE tenant_id = $1", [tenant]);
  return { hours: recounted.hours + added.hours, hasMore: added.hasMore };
}

async function recount(tx: Queryable, tenant: string): Promise<RolledUp> {
  const { rows } = await tx.query<{ kind: EventKind; hour: Date }>(
    `SELECT DISTINCT kind, hour FROM metrics.rollup_marks WHERE tenant_id = $1 AND entries IS NULL ORDER BY hour, kind LIMIT $2`,
    [tenant, MAX_HOURS],
  );
  const hours = (kind: EventKind) => rows.filter((row) => row.kind === kind).map((row) => row.hour);
  await countAnew(tx, tenant, { activity: hours("activity"), score: hours("score") });
  return { hours: rows.length, hasMore: rows.length === MAX_HOURS };
}

/** Adds what marks hold. An hour that is marked to be counted anew just now may have some, too: its count replaces them. */
async function addMarks(tx: Queryable, tenant: string): Promise<RolledUp> {
  let hours = 0;
  let hasMore = false;
  for (const kind of EVENT_KINDS) {
    const { rows } = await tx.query<{ hours: number; marks: number; entries: number }>(
      ROLLUP_STATEMENTS[kind].add,
      [tenant, MAX_ENTRIES, MAX_MARKS],
    );
    for (const taken of rows) {
      hours += taken.hours;
      hasMore ||= taken.marks === MAX_MARKS || taken.entries >= MAX_ENTRIES;
    }
  }
  return { hours, hasMore };
}

/**
 * All who write roll-ups of a tenant wait here for each other, until their transactions end: what counts after that sees what
 * those before have written and deleted. It says that they know what marks hold; of who does not, marked hours are counted anew (`distrust_marks`).
 */
export async function lockRollups(tx: Queryable, tenant: string): Promise<void> {
  await tx.query("INSERT INTO metrics.rollup_states (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING", [
    tenant,
  ]);
  await tx.query(
    `SELECT set_config('metrics.rollups', 'adding', true) FROM metrics.rollup_states WHERE tenant_id = $1 FOR UPDATE`,
    [tenant],
  );
}

/** Brings these hours, and their days, to what the raw rows say now, and takes their marks. Under the lock. */
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
