import type { Principal } from "../../domain/principal.ts";
import { HttpError } from "../../transport/errors.ts";

/**
 * The tenant whose events a principal may see and act on; `null`: those of all tenants. In another
 * tenant the same id is another person, so that a tenant belongs to every selector.
 */
export function tenantScope({ tenant }: Principal): string | null {
  return tenant;
}

/** What a caller that is bound to a tenant gets for what is another's: recorded as a denial. */
export function beyondTenant(what: string, field?: string): HttpError {
  return new HttpError(
    "forbidden",
    `${what}: you act within your own tenant alone.`,
    field === undefined ? {} : { field },
  );
}
