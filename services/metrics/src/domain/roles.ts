/** Roles of the service. Those of the platform are for callers of no tenant, the others for callers of one. */
export const ROLES = ["platform", "metrics", "admin", "sender", "viewer"] as const;
export type Role = (typeof ROLES)[number];

/** What keys and tokens of a tenant may have. */
export const TENANT_ROLES = ["admin", "sender", "viewer"] as const satisfies readonly Role[];

/** The roles of a caller that count: a tenant's administrator gives none of the platform's, whatever its token says. */
export function rolesOf({
  roles,
  tenant,
}: {
  readonly roles: readonly string[];
  readonly tenant: string | null;
}): readonly Role[] {
  const possible: readonly Role[] = tenant === null ? ["platform", "metrics"] : TENANT_ROLES;
  return possible.filter((role) => roles.includes(role));
}
