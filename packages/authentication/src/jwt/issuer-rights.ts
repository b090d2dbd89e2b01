import { AuthenticationError } from "../authentication-error.ts";

/** What an issuer may say of callers. Tokens that say more are refused as a whole: a role left out could lift a ban. */
export interface IssuerRights {
  /** Every caller is in this tenant; the claim may be missing, and must not name another one. */
  readonly tenant?: string | undefined;
  /** The claim must name one of these. Without `tenant` and `tenants`, it may name any, or none. */
  readonly tenants?: readonly string[] | undefined;
  /** Roles that it may give. Without them, any. */
  readonly roles?: readonly string[] | undefined;
  /** Stands before the ids of its callers and their actors. */
  readonly idPrefix?: string | undefined;
  /** Prefixes of other issuers, and of certificates: no id of this one may begin with one of them. */
  readonly foreignPrefixes?: readonly string[] | undefined;
}

export function tenantBy({ tenant, tenants }: IssuerRights, claimed: string | null): string | null {
  if (tenant !== undefined) {
    if (claimed !== null && claimed !== tenant) {
      throw exceeds("is of another tenant than its issuer");
    }
    return tenant;
  }
  if (tenants !== undefined && (claimed === null || !tenants.includes(claimed))) {
    throw exceeds(claimed === null ? "names no tenant" : "names a tenant that its issuer may not name");
  }
  return claimed;
}

export function rolesBy({ roles }: IssuerRights, claimed: readonly string[]): readonly string[] {
  if (roles !== undefined && claimed.some((role) => !roles.includes(role))) {
    throw exceeds("has a role that its issuer may not give");
  }
  return claimed;
}

/** The id as the gateway knows it, which no other issuer can give. */
export function idBy({ idPrefix = "", foreignPrefixes = [] }: IssuerRights, claimed: string): string {
  const id = idPrefix + claimed;
  if (foreignPrefixes.some((prefix) => id.startsWith(prefix))) {
    throw exceeds("has an id that only another issuer may give");
  }
  return id;
}

function exceeds(problem: string): AuthenticationError {
  return new AuthenticationError("exceeds_issuer", `The token ${problem}.`);
}
