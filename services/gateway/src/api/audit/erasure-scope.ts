import type { ErasureSelector } from "@sark/audit/payloads";
import type { Principal } from "../../domain/principal.ts";
import { beyondTenant, tenantScope } from "../access/tenant-scope.ts";
import { HttpError } from "../../transport/errors.ts";

/** The tenants that a request to erase names: `null` is the tenant of events that have none. */
export interface WantedTenants {
  readonly tenants: readonly (string | null)[] | undefined;
  readonly allTenants: boolean;
}

/**
 * In which tenants a principal erases. One that has a tenant erases there alone, and naming another is a denial; one
 * without a tenant has to say which, or that it means all: the same id is another's in each of them.
 */
export function erasureScope(
  { tenants, allTenants }: WantedTenants,
  principal: Principal,
): { readonly selector: Pick<ErasureSelector, "tenants">; readonly denial: HttpError | undefined } {
  const own = tenantScope(principal);
  if (own !== null) {
    const isElsewhere = allTenants || (tenants ?? []).some((tenant) => tenant !== own);
    return {
      selector: { tenants: [own] },
      denial: isElsewhere ? beyondTenant("tenant", allTenants ? "all_tenants" : "tenant") : undefined,
    };
  }
  if (tenants === undefined && !allTenants) {
    const message = 'tenant: say in which tenants (null: events of none), or "all_tenants": true';
    throw new HttpError("invalid_request", message, { field: "tenant" });
  }
  return { selector: tenants === undefined ? {} : { tenants }, denial: undefined };
}
