import { randomUUID } from "node:crypto";
import type { Database, Queryable } from "../database/database.ts";
import type { EventKind } from "../domain/ingest.ts";
import type { TenantEvent } from "../domain/webhooks.ts";
import { MARKED_COLUMNS, PERSONAL_MARKS, PERSONAL_TABLES } from "./personal-tables.ts";

/** That all data of a person are to be deleted, or were. */
export interface Erasure {
  readonly id: string;
  readonly requestedBy: string;
  readonly reason: string;
  readonly requestedAt: Date;
  readonly completedAt: Date | null;
  readonly deletedRows: number;
}

export interface AskedErasure {
  readonly user: string;
  readonly requestedBy: string;
  readonly reason: string;
}

export interface Erasures {
  /** Resolves when it is on record that it has to be done. The same person again, before it is done: the same one. */
  request(tenant: string, erasure: AskedErasure): Promise<Erasure>;
  /** `null` where there is none. */
  find(tenant: string, id: string): Promise<Erasure | null>;
  /** Does what was asked for and is not done. May be ended at any point, and begun again. */
  run(tenant: string, signal: AbortSignal): Promise<void>;
  /** Tenants with something to do. */
  openTenants(): Promise<readonly string[]>;
}

const MAX_ATTEMPTS = 5;
/** Rows in one transaction. */
const CHUNK = 5_000;
const COLUMNS =
  "erasure_id, requested_by, reason, requested_at, completed_at, deleted_rows::float8 AS deleted_rows";

interface Row extends Record<string, unknown> {
  readonly erasure_id: string;
  readonly requested_by: string;
  readonly reason: string;
  readonly requested_at: Date;
  readonly completed_at: Date | null;
  readonly deleted_rows: number;
}

export function createErasures(
  database: Pick<Database, "asTenant" | "asPlatform">,
  /** Keeps roll-ups of the tenant from being written until the transaction ends. */
  lockRollups: (tx: Queryable, tenant: string) => Promise<void>,
  /** Tells the tenant, if what is written with it is committed. */
  publish: (tx: Queryable, tenant: string, event: TenantEvent) => Promise<unknown>,
  /** After each commit that has deleted something of the tenant. Must not throw. */
  changed: (tenant: string) => void,
): Erasures {
  /** `false` when nothing is left to do. */
  async function step(tx: Queryable, tenant: string): Promise<boolean> {
    await lockRollups(tx, tenant);
    const { rows } = await tx.query<{ erasure_id: string; user_id: string; is_begun: boolean }>(
      `SELECT erasure_id, user_id, deleted_rows > 0 AS is_begun FROM metrics.erasures WHERE tenant_id = $1 AND completed_at IS NULL
       ORDER BY requested_at, erasure_id LIMIT 1`,
      [tenant],
    );
    const [open] = rows;
    if (open === undefined) {
      return false;
    }
    const events = await deleteEvents(tx, tenant, open.user_id);
    const isLast = events < CHUNK;
    // First, so that KPIs show the person no longer; and with the last ones what was counted meanwhile.
    const others = isLast || !open.is_begun ? await deleteOthers(tx, tenant, open.user_id) : 0;
    await tx.query(
      `UPDATE metrics.erasures SET deleted_rows = deleted_rows + $3,
         completed_at = CASE WHEN $4 THEN now() END, user_id = CASE WHEN $4 THEN NULL ELSE user_id END
       WHERE tenant_id = $1 AND erasure_id = $2`,
      [tenant, open.erasure_id, events + others, isLast],
    );
    if (isLast) {
      // Without the person's id, which is to be found nowhere from now on.
      await publish(tx, tenant, { type: "erasure.completed", data: { erasure_id: open.erasure_id } });
    }
    return true;
  }

  return {
    request: (tenant, asked) =>
      database.asTenant("personal_data", tenant, async (tx) => {
        // The one that is under way may be completed between the two statements; then there is none that would be in the way.
        for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
          const row = (await insert(tx, tenant, asked)) ?? (await findOpen(tx, tenant, asked.user));
          if (row !== null) {
            return toErasure(row);
          }
        }
        throw new Error("erasures of one person are asked for and completed too fast");
      }),
    find: (tenant, id) =>
      database.asTenant("personal_data", tenant, async (tx) => {
        const { rows } = await tx.query<Row>(
          `SELECT ${COLUMNS} FROM metrics.erasures WHERE erasure_id = $1`,
          [id],
        );
        return rows[0] === undefined ? null : toErasure(rows[0]);
      }),
    async run(tenant, signal) {
      let hasMore = true;
      while (hasMore && !signal.aborted) {
        hasMore = await database.asPlatform("personal_data", (tx) => step(tx, tenant));
        if (hasMore) {
          changed(tenant);
        }
      }
    },
    async openTenants() {
      const { rows } = await database.asPlatform("personal_data", (tx) =>
        tx.query<{ tenant_id: string }>(
          "SELECT DISTINCT tenant_id FROM metrics.erasures WHERE completed_at IS NULL",
        ),
      );
      return rows.map(({ tenant_id }) => tenant_id);
    },
  };
}

/** `null` where one of this person is under way. Waits for one that is being asked for at the same time. */
async function insert(
  tx: Queryable,
  tenant: string,
  { user, requestedBy, reason }: AskedErasure,
): Promise<Row | null> {
  const { rows } = await tx.query<Row>(
    `INSERT INTO metrics.erasures (tenant_id, erasure_id, user_id, requested_by, reason)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    [tenant, randomUUID(), user, requestedBy, reason],
  );
  return rows[0] ?? null;
}

async function findOpen(tx: Queryable, tenant: string, user: string): Promise<Row | null> {
  const { rows } = await tx.query<Row>(
    `SELECT ${COLUMNS} FROM metrics.erasures WHERE tenant_id = $1 AND user_id = $2`,
    [tenant, user],
  );
  return rows[0] ?? null;
}

/**
 * Raw rows of a person, and what of marks names the person: by one statement, as events that come meanwhile keep both. Rows of roll-ups are
 * deleted by themselves, so that no hour is counted anew: that would read all that others did in it. Resolves to how many raw rows, at
 * most `CHUNK`.
 */
async function deleteEvents(tx: Queryable, tenant: string, user: string): Promise<number> {
  let deleted = 0;
  for (const { table, kind } of PERSONAL_TABLES) {
    if (kind !== null) {
      const { rows } = await tx.query<{ deleted: number }>(
        `WITH removed AS (
           DELETE FROM metrics.${table} WHERE tenant_id = $1 AND event_key IN (
             SELECT event_key FROM metrics.${table} WHERE tenant_id = $1 AND user_id = $2 LIMIT $3
           ) RETURNING event_key
         ), ${withoutPerson(kind)}
         SELECT count(*)::int AS deleted FROM removed`,
        [tenant, user, CHUNK - deleted],
      );
      deleted += rows[0]?.deleted ?? 0;
    }
  }
  return deleted;
}

/** Takes the person `$2` out of the marks of a kind. Those of no one else end. */
function withoutPerson(kind: EventKind): string {
  const columns = MARKED_COLUMNS[kind];
  const kept = columns.map(
    (column) => `${column} = ARRAY(
             SELECT x.value FROM unnest(m.user_ids, m.${column}) WITH ORDINALITY AS x(of_user, value, place)
             WHERE x.of_user <> $2 ORDER BY x.place
           )`,
  );
  const ofPerson = `m.tenant_id = $1 AND m.kind = '${kind}' AND m.entries IS NOT NULL AND $2 = ANY (m.user_ids)`;
  return `ended AS (
           DELETE FROM metrics.${PERSONAL_MARKS} m WHERE ${ofPerson} AND m.user_ids <@ ARRAY[$2]
         ), kept AS (
           UPDATE metrics.${PERSONAL_MARKS} m
           SET entries = cardinality(array_remove(m.user_ids, $2)), ${kept.join(", ")}
           WHERE ${ofPerson} AND NOT m.user_ids <@ ARRAY[$2]
         )`;
}

async function deleteOthers(tx: Queryable, tenant: string, user: string): Promise<number> {
  let deleted = 0;
  for (const { table } of PERSONAL_TABLES.filter((one) => one.kind === null)) {
    const { rowCount } = await tx.query(
      `DELETE FROM metrics.${table} WHERE tenant_id = $1 AND user_id = $2`,
      [tenant, user],
    );
    deleted += rowCount ?? 0;
  }
  return deleted;
}

function toErasure(row: Row): Erasure {
  return {
    id: row.erasure_id,
    requestedBy: row.requested_by,
    reason: row.reason,
    requestedAt: row.requested_at,
    completedAt: row.completed_at,
    deletedRows: row.deleted_rows,
  };
}
