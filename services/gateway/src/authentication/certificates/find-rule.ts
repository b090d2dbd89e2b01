import type { Principal } from "../../domain/principal.ts";
import type { AuthorityRules } from "./config.ts";
import type { CertificateNames } from "./read-certificate.ts";
import { isOfSpiffe, readSpiffeId } from "./spiffe-id.ts";

/** Who the owner of a certificate is. */
export interface CertificateRule {
  readonly principal: string;
  readonly type: Principal["type"];
  readonly roles: readonly string[];
  readonly tenant?: string | undefined;
  readonly attributes: AuthorityRules["callers"][number]["attributes"];
}

/** Of ids, everywhere. */
const MAX_ID = 200;

/** The one caller that an authority's certificate names, or why there is none. */
export function findRule(authority: AuthorityRules, names: CertificateNames): CertificateRule | string {
  const spiffe = names.uris.find(isOfSpiffe);
  // Before any other name of it counts: it is meant for readers who would refuse it.
  const problem = spiffe === undefined ? null : svidProblem(names);
  if (problem !== null) {
    return problem;
  }
  const [caller, ...others] = authority.callers.filter((rule) => isFor(rule, names));
  if (others.length > 0) {
    return "it fits more than one of `callers`";
  }
  if (caller !== undefined) {
    return caller;
  }
  return spiffe === undefined ? "it fits none of `callers`" : ofTrustDomain(authority, spiffe);
}

/** X509-SVID, sections 2 to 4 and 5.2: one URI, of a workload, in a certificate that signs no others. */
function svidProblem({ uris, isAuthority }: CertificateNames): string | null {
  if (uris.length > 1) {
    return "it has a SPIFFE id and another URI";
  }
  if (readSpiffeId(uris[0] ?? "") === null) {
    return "its SPIFFE id is not well-formed";
  }
  return isAuthority ? "with a SPIFFE id of a workload it may sign certificates" : null;
}

function isFor(
  { subject, uri, dns, email }: AuthorityRules["callers"][number],
  names: CertificateNames,
): boolean {
  return (
    (subject !== undefined && names.subject === subject) ||
    (uri !== undefined && names.uris.includes(uri)) ||
    (dns !== undefined && names.dnsNames.some((name) => name.toLowerCase() === dns)) ||
    (email !== undefined && names.emails.includes(email))
  );
}

function ofTrustDomain({ trustDomains }: AuthorityRules, uri: string): CertificateRule | string {
  const id = readSpiffeId(uri);
  const [rule] = trustDomains
    .filter(
      ({ trustDomain, path }) =>
        trustDomain === id?.trustDomain && (path === undefined || `${id.path}/`.startsWith(`${path}/`)),
    )
    .toSorted((a, b) => (b.path ?? "").length - (a.path ?? "").length);
  if (rule === undefined) {
    return "its SPIFFE id is of none of `trustDomains`, or beyond their paths";
  }
  return uri.length > MAX_ID
    ? `its SPIFFE id is longer than ${MAX_ID} characters`
    : { ...rule, principal: uri };
}
