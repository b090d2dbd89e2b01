import type { Queryable } from "../../database/database.ts";
import { EVENT_KINDS, type EventKind } from "../../domain/ingest.ts";
import { ROLLUP_STATEMENTS } from "../statements.ts";

/** The count of before, which left marks alone. */
const countOfBefore = (kind: EventKind) =>
  ROLLUP_STATEMENTS[kind].countHours.replace(/^WITH taken AS \([^]*?\n\), /, "WITH ");

/** Rolls up as a replica of before marks held what they add: all marks are taken by one statement, and their hours counted by the next. */
export async function rollUpAsBefore(tx: Queryable, tenant: string): Promise<void> {
  await tx.query("INSERT INTO metrics.rollup_states (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING", [
    tenant,
  ]);
  await tx.query("SELECT 1 FROM metrics.rollup_states WHERE tenant_id = $1 FOR UPDATE", [tenant]);
  const { rows } = await tx.query<{ kind: EventKind; hour: Date }>(
    `WITH hours AS MATERIALIZED (
       SELECT DISTINCT kind, hour FROM metrics.rollup_marks WHERE tenant_id = $1 ORDER BY hour, kind
     ), taken AS (
       DELETE FROM metrics.rollup_marks m USING hours h WHERE m.tenant_id = $1 AND m.kind = h.kind AND m.hour = h.hour
     )
     SELECT kind, hour FROM hours`,
    [tenant],
  );
  for (const kind of EVENT_KINDS) {
    const hours = rows.filter((row) => row.kind === kind).map(({ hour }) => hour);
    await tx.query(countOfBefore(kind), [tenant, hours]);
    await tx.query(ROLLUP_STATEMENTS[kind].countDays, [
      tenant,
      [...new Set(hours.map((hour) => Math.floor(hour.getTime() / 86_400_000)))].map(
        (day) => new Date(day * 86_400_000),
      ),
    ]);
  }
}

/** What a replica of before left of its events, at random: that their hours have changed, and not by what. */
export const MARK_AS_BEFORE = `UPDATE metrics.rollup_marks
  SET entries = NULL, user_ids = NULL, user_events = NULL, user_roles = NULL, teams = NULL, scores = NULL
  WHERE tenant_id = $1 AND mark_id % 3 = 0`;
