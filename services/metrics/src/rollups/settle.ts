import type { Queryable } from "../database/database.ts";
import { EVENT_KINDS, type EventKind } from "../domain/ingest.ts";
import { countAnew, lockRollups } from "./roll-up.ts";
import { ROLLUP_STATEMENTS } from "./statements.ts";

/**
 * Deletes raw rows of a tenant that are older than this, at most so many of each kind, and keeps what they counted in the roll-ups:
 * no sum changes by it. It costs what is deleted, and not what an hour has left. Resolves to how many rows it has deleted. In a transaction of the platform.
 */
export async function settle(
  tx: Queryable,
  tenant: string,
  before: Date,
  maxRows: number,
): Promise<Readonly<Record<EventKind, number>>> {
  await lockRollups(tx, tenant);
  const deleted = { activity: 0, score: 0 };
  for (const kind of EVENT_KINDS) {
    const { rows } = await tx.query<{ hour: Date; events: number; is_uncounted: boolean }>(
      ROLLUP_STATEMENTS[kind].settle,
      [tenant, before, maxRows],
    );
    deleted[kind] = rows.reduce((sum, { events }) => sum + events, 0);
    const uncounted = rows.filter(({ is_uncounted }) => is_uncounted).map(({ hour }) => hour);
    if (uncounted.length > 0) {
      await countAnew(tx, tenant, { activity: [], score: [], [kind]: uncounted });
    }
  }
  return deleted;
}

/** Deletes roll-ups of days before this one, and their hours. Resolves to how many rows. In a transaction of the platform. */
export async function deleteRollups(tx: Queryable, tenant: string, before: Date): Promise<number> {
  await lockRollups(tx, tenant);
  let deleted = 0;
  for (const [table, column] of [
    ["activity_hours", "hour"],
    ["activity_days", "day"],
    ["score_hours", "hour"],
    ["score_days", "day"],
    ["score_anomalies", "hour"],
  ] as const) {
    const { rowCount } = await tx.query(
      `DELETE FROM metrics.${table} WHERE tenant_id = $1 AND ${column} < date_trunc('day', $2::timestamptz, 'UTC')`,
      [tenant, before],
    );
    deleted += rowCount ?? 0;
  }
  return deleted;
}
