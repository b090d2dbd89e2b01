import type { Principal } from "../../domain/principal.ts";
import { HttpError } from "../../transport/errors.ts";
import { UnrecordedDenial } from "./denials.ts";

/**
 * The tenant whose events a principal may see and act on; `null`: those of all tenants. In another
 * tenant the same id is another person, so that a tenant belongs to every selector.
 */
export function tenantScope({ tenant }: Principal): string | null {
  return tenant;
}

/** Denies a caller that is bound to a tenant what counts the events and calls of all, and shows none of them. */
export function ofAllTenants(principal: Principal, what: string): void {
  if (tenantScope(principal) !== null) {
    throw new UnrecordedDenial("beyond_tenant", "forbidden", withinTenant(what));
  }
}

/** Rules name users and tenants of others: a caller that is bound to a tenant sees those that are for it, or for all. */
export function concerns(principal: Principal) {
  const scope = tenantScope(principal);
  return (rule: {
    readonly for: string;
    readonly name?: string | undefined;
    readonly tenant?: string | undefined;
  }): boolean => {
    const ofTenant = rule.for === "tenant" ? rule.name : rule.tenant;
    return scope === null || ofTenant === undefined || ofTenant === scope;
  };
}

/** What a caller that is bound to a tenant gets for what is another's: recorded as a denial. */
export function beyondTenant(what: string, field?: string): HttpError {
  return new HttpError("forbidden", withinTenant(what), field === undefined ? {} : { field });
}

function withinTenant(what: string): string {
  return `${what}: you act within your own tenant alone.`;
}
