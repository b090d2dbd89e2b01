import type { Caller } from "../../domain/caller.ts";
import { SECURITY_EVENTS, type SecurityRecords } from "../../tenancy/audit-records.ts";
import type { ApiKey, IssuedKey, TenantKeys } from "../../tenancy/keys.ts";
import type { NewKeyBody } from "./schemas.ts";

/** Makes a key of a tenant, on record before it is made. */
export async function issueKey(
  {
    keys,
    records,
  }: { readonly keys: Pick<TenantKeys, "issue">; readonly records: Pick<SecurityRecords, "record"> },
  caller: Caller,
  tenant: string,
  { name, principal, type, roles, expires_at: expires }: NewKeyBody,
) {
  await recordKeyChange({ records }, caller, "issue", { tenant, name, principal, roles: [...roles] });
  const expiresAt = expires === undefined || expires === null ? null : new Date(expires);
  const createdBy = caller.principal.id;
  return toIssued(await keys.issue(tenant, { name, principal, type, roles, expiresAt, createdBy }));
}

export async function recordKeyChange(
  { records }: { readonly records: Pick<SecurityRecords, "record"> },
  caller: Caller,
  operation: "issue" | "rotate" | "revoke",
  details: Record<string, string | string[]>,
): Promise<void> {
  await records.record(caller, {
    type: SECURITY_EVENTS.keyChange,
    reason: `asks to ${operation} an API key`,
    details: { operation, ...details },
  });
}

export function toIssued({ key, record }: IssuedKey) {
  return { key, api_key: toShownKey(record) };
}

export function toShownKey({ createdBy, createdAt, expiresAt, revokedAt, ...key }: ApiKey) {
  return {
    ...key,
    created_by: createdBy,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt?.toISOString() ?? null,
    revoked_at: revokedAt?.toISOString() ?? null,
  };
}
