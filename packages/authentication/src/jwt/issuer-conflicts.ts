import type { IssuerRights } from "./issuer-rights.ts";

type Issuer = IssuerRights & { readonly issuer: string };

/** What is wrong with the issuer at this place, in view of those before it. */
export interface IssuerConflict {
  readonly at: number;
  readonly field: "issuer" | "idPrefix";
  readonly problem: string;
}

/**
 * A principal is known by its type, id and tenant, in policies, records, limits and sessions alike. So no two issuers may
 * be able to give the same id in the same tenant: they have other tenants, or other beginnings of ids.
 */
export function issuerConflicts(issuers: readonly Issuer[]): IssuerConflict[] {
  return issuers.flatMap((issuer, at) =>
    issuers.slice(0, at).flatMap((before): IssuerConflict[] => {
      if (before.issuer === issuer.issuer) {
        return [{ at, field: "issuer", problem: `${issuer.issuer} is there twice` }];
      }
      const problem = prefixProblem(before, issuer);
      return problem === null ? [] : [{ at, field: "idPrefix", problem }];
    }),
  );
}

function prefixProblem(before: Issuer, issuer: Issuer): string | null {
  const [former, own] = [before.idPrefix ?? "", issuer.idPrefix ?? ""];
  if (former === own) {
    return haveTenantInCommon(before, issuer)
      ? `the same id of ${before.issuer} would be the same caller: give each an idPrefix of its own, or tenants of its own`
      : null;
  }
  // Where one of them has none, its ids are looked at one by one.
  const isWithin = former !== "" && own !== "" && (own.startsWith(former) || former.startsWith(own));
  return isWithin ? `must not begin with that of ${before.issuer}, nor that with this one` : null;
}

function haveTenantInCommon(a: Issuer, b: Issuer): boolean {
  const [ofA, ofB] = [tenantsOf(a), tenantsOf(b)];
  return ofA === null || ofB === null || ofA.some((tenant) => ofB.includes(tenant));
}

/** `null`: any. */
function tenantsOf({ tenant, tenants }: Issuer): readonly string[] | null {
  return tenant === undefined ? (tenants ?? null) : [tenant];
}
