import { randomUUID } from "node:crypto";
import { digestOf, generateApiKey } from "@sark/authentication";
import type { Database, Queryable } from "../database/database.ts";
import type { Role } from "../domain/roles.ts";

/** A key as it is listed: what it opens, and never the key. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly principal: string;
  readonly type: "user" | "agent";
  readonly roles: readonly string[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface NewKey {
  readonly name: string;
  readonly principal: string;
  readonly type: "user" | "agent";
  readonly roles: readonly Role[];
  readonly expiresAt: Date | null;
  readonly createdBy: string;
}

/** A key that was made just now: nothing can show it again. */
export interface IssuedKey {
  readonly key: string;
  readonly record: ApiKey;
}

interface Row extends Record<string, unknown> {
  readonly key_id: string;
  readonly name: string;
  readonly principal: string;
  readonly principal_type: "user" | "agent";
  readonly roles: readonly string[];
  readonly created_by: string;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
}

const COLUMNS =
  "key_id, name, principal, principal_type, roles, created_by, created_at, expires_at, revoked_at";

/** API keys of one tenant at a time. */
export interface TenantKeys {
  issue(tenant: string, key: NewKey): Promise<IssuedKey>;
  list(tenant: string, after: string | null, limit: number): Promise<readonly ApiKey[]>;
  /** The key before is good for `overlapSeconds` more. `null` where there is none, or it was withdrawn. */
  rotate(tenant: string, id: string, overlapSeconds: number): Promise<IssuedKey | null>;
  /** `false` where there is none that is not withdrawn already. */
  revoke(tenant: string, id: string): Promise<boolean>;
}

export function createTenantKeys(database: Pick<Database, "asTenant">): TenantKeys {
  const within = <T>(tenant: string, work: (tx: Queryable) => Promise<T>) =>
    database.asTenant("api_keys", tenant, work);
  return {
    issue: (tenant, key) => within(tenant, (tx) => insertKey(tx, tenant, key, generateApiKey())),
    list: (tenant, after, limit) =>
      within(tenant, async (tx) => {
        const { rows } = await tx.query<Row>(
          `SELECT ${COLUMNS} FROM metrics.api_keys WHERE $1::uuid IS NULL OR key_id > $1
           ORDER BY key_id LIMIT $2`,
          [after, limit],
        );
        return rows.map(toKey);
      }),
    rotate: (tenant, id, overlapSeconds) =>
      within(tenant, async (tx) => {
        const key = generateApiKey();
        const { rows } = await tx.query<Row>(
          `UPDATE metrics.api_keys
           SET previous_sha256 = sha256, previous_until = now() + make_interval(secs => $3), sha256 = $2
           WHERE key_id = $1 AND revoked_at IS NULL RETURNING ${COLUMNS}`,
          [id, digestBytes(key), overlapSeconds],
        );
        return rows[0] === undefined ? null : { key, record: toKey(rows[0]) };
      }),
    revoke: (tenant, id) =>
      within(tenant, async (tx) => {
        const { rowCount } = await tx.query(
          "UPDATE metrics.api_keys SET revoked_at = now() WHERE key_id = $1 AND revoked_at IS NULL",
          [id],
        );
        return rowCount === 1;
      }),
  };
}

/** Writes a key of a tenant, or of the platform (`null`), which takes a transaction of the platform. */
export async function insertKey(
  tx: Queryable,
  tenant: string | null,
  { name, principal, type, roles, expiresAt, createdBy }: NewKey,
  key: string,
): Promise<IssuedKey> {
  const { rows } = await tx.query<Row>(
    `INSERT INTO metrics.api_keys
       (key_id, tenant_id, name, principal, principal_type, roles, sha256, created_by, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     RETURNING ${COLUMNS}`,
    [randomUUID(), tenant, name, principal, type, [...roles], digestBytes(key), createdBy, expiresAt],
  );
  const [row] = rows;
  if (row === undefined) {
    throw new Error("the database gave no row for a key that it has inserted");
  }
  return { key, record: toKey(row) };
}

export function digestBytes(key: string): Buffer {
  return Buffer.from(digestOf(key), "hex");
}

function toKey(row: Row): ApiKey {
  return {
    id: row.key_id,
    name: row.name,
    principal: row.principal,
    type: row.principal_type,
    roles: row.roles,
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  };
}
