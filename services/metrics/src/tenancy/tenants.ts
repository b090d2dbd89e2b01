import type { Database, Queryable } from "../database/database.ts";

export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly retentionDays: number | null;
  /** What it has chosen itself, and what counts where it is less; `null`: nothing. */
  readonly ownRetentionDays: number | null;
  /** New events that it may send in a day of UTC; `null`: as many as it likes. */
  readonly eventsPerDay: number | null;
  readonly createdAt: Date;
  readonly suspendedAt: Date | null;
}

interface Row extends Record<string, unknown> {
  readonly tenant_id: string;
  readonly name: string;
  readonly retention_days: number | null;
  readonly own_retention_days: number | null;
  readonly events_per_day: number | null;
  readonly created_at: Date;
  readonly suspended_at: Date | null;
}

const COLUMNS =
  "tenant_id, name, retention_days, own_retention_days, events_per_day::float8 AS events_per_day, created_at, suspended_at";

/** Tenants, as the platform manages them, and as each sees itself. */
export interface Tenants {
  /** `null` where there is one of this id. */
  create(tenant: Pick<Tenant, "id" | "name" | "retentionDays" | "eventsPerDay">): Promise<Tenant | null>;
  list(after: string | null, limit: number): Promise<readonly Tenant[]>;
  /** `null` where there is none. */
  find(id: string): Promise<Tenant | null>;
  /** `null` where there is none. */
  change(
    id: string,
    change: {
      readonly name?: string;
      readonly retentionDays?: number | null;
      readonly ownRetentionDays?: number | null;
      readonly eventsPerDay?: number | null;
      readonly suspended?: boolean;
    },
  ): Promise<Tenant | null>;
}

export function createTenants(database: Pick<Database, "asPlatform">): Tenants {
  const platform = <T>(work: (tx: Queryable) => Promise<T>) => database.asPlatform("tenants", work);
  const one = async (tx: Queryable, statement: string, values: unknown[]): Promise<Tenant | null> => {
    const { rows } = await tx.query<Row>(statement, values);
    return rows[0] === undefined ? null : toTenant(rows[0]);
  };
  return {
    create: ({ id, name, retentionDays, eventsPerDay }) =>
      platform((tx) =>
        one(
          tx,
          `INSERT INTO metrics.tenants (tenant_id, name, retention_days, events_per_day) VALUES ($1, $2, $3, $4)
           ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
          [id, name, retentionDays, eventsPerDay],
        ),
      ),
    list: (after, limit) =>
      platform(async (tx) => {
        const { rows } = await tx.query<Row>(
          `SELECT ${COLUMNS} FROM metrics.tenants WHERE $1::text IS NULL OR tenant_id > $1
           ORDER BY tenant_id LIMIT $2`,
          [after, limit],
        );
        return rows.map(toTenant);
      }),
    find: (id) =>
      platform((tx) => one(tx, `SELECT ${COLUMNS} FROM metrics.tenants WHERE tenant_id = $1`, [id])),
    change: (id, { name, retentionDays, ownRetentionDays, eventsPerDay, suspended }) =>
      platform((tx) =>
        one(
          tx,
          `UPDATE metrics.tenants SET
             name = coalesce($2, name),
             retention_days = CASE WHEN $3 THEN $4 ELSE retention_days END,
             suspended_at = CASE WHEN $5::boolean IS NULL THEN suspended_at
                                 WHEN $5 THEN coalesce(suspended_at, now()) END,
             events_per_day = CASE WHEN $6 THEN $7 ELSE events_per_day END,
             own_retention_days = CASE WHEN $8 THEN $9 ELSE own_retention_days END
           WHERE tenant_id = $1 RETURNING ${COLUMNS}`,
          [
            id,
            name ?? null,
            retentionDays !== undefined,
            retentionDays ?? null,
            suspended ?? null,
            eventsPerDay !== undefined,
            eventsPerDay ?? null,
            ownRetentionDays !== undefined,
            ownRetentionDays ?? null,
          ],
        ),
      ),
  };
}

function toTenant(row: Row): Tenant {
  return {
    id: row.tenant_id,
    name: row.name,
    retentionDays: row.retention_days,
    ownRetentionDays: row.own_retention_days,
    eventsPerDay: row.events_per_day,
    createdAt: row.created_at,
    suspendedAt: row.suspended_at,
  };
}
