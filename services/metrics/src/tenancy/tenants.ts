import type { Database, Queryable } from "../database/database.ts";

export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly retentionDays: number | null;
  readonly createdAt: Date;
  readonly suspendedAt: Date | null;
}

interface Row extends Record<string, unknown> {
  readonly tenant_id: string;
  readonly name: string;
  readonly retention_days: number | null;
  readonly created_at: Date;
  readonly suspended_at: Date | null;
}

const COLUMNS = "tenant_id, name, retention_days, created_at, suspended_at";

/** Tenants, as the platform manages them, and as each sees itself. */
export interface Tenants {
  /** `null` where there is one of this id. */
  create(tenant: Pick<Tenant, "id" | "name" | "retentionDays">): Promise<Tenant | null>;
  list(after: string | null, limit: number): Promise<readonly Tenant[]>;
  /** `null` where there is none. */
  find(id: string): Promise<Tenant | null>;
  /** `null` where there is none. */
  change(
    id: string,
    change: { readonly name?: string; readonly retentionDays?: number | null; readonly suspended?: boolean },
  ): Promise<Tenant | null>;
}

export function createTenants(database: Pick<Database, "asPlatform">): Tenants {
  const platform = <T>(work: (tx: Queryable) => Promise<T>) => database.asPlatform("tenants", work);
  const one = async (tx: Queryable, statement: string, values: unknown[]): Promise<Tenant | null> => {
    const { rows } = await tx.query<Row>(statement, values);
    return rows[0] === undefined ? null : toTenant(rows[0]);
  };
  return {
    create: ({ id, name, retentionDays }) =>
      platform((tx) =>
        one(
          tx,
          `INSERT INTO metrics.tenants (tenant_id, name, retention_days) VALUES ($1, $2, $3)
           ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
          [id, name, retentionDays],
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
    change: (id, { name, retentionDays, suspended }) =>
      platform((tx) =>
        one(
          tx,
          `UPDATE metrics.tenants SET
             name = coalesce($2, name),
             retention_days = CASE WHEN $3 THEN $4 ELSE retention_days END,
             suspended_at = CASE WHEN $5::boolean IS NULL THEN suspended_at
                                 WHEN $5 THEN coalesce(suspended_at, now()) END
           WHERE tenant_id = $1 RETURNING ${COLUMNS}`,
          [id, name ?? null, retentionDays !== undefined, retentionDays ?? null, suspended ?? null],
        ),
      ),
  };
}

function toTenant(row: Row): Tenant {
  return {
    id: row.tenant_id,
    name: row.name,
    retentionDays: row.retention_days,
    createdAt: row.created_at,
    suspendedAt: row.suspended_at,
  };
}
