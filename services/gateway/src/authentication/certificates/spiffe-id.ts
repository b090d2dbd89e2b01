/** A SPIFFE id of a workload, taken apart. */
export interface SpiffeId {
  readonly trustDomain: string;
  /** Begins with a slash. */
  readonly path: string;
}

const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;
const SEGMENT = /^[A-Za-z0-9._-]+$/;
const MAX_BYTES = 2_048;

export function isTrustDomain(name: string): boolean {
  return TRUST_DOMAIN.test(name);
}

/** A path, or the beginning of one, of whole segments: `/ns/payments`. */
export function isSpiffePath(path: string): boolean {
  const [before, ...segments] = path.split("/");
  return (
    before === "" &&
    segments.length > 0 &&
    segments.every((segment) => SEGMENT.test(segment) && segment !== "." && segment !== "..")
  );
}

/** Whether it is meant to be a SPIFFE id, well formed or not. */
export function isOfSpiffe(uri: string): boolean {
  return /^spiffe:/i.test(uri);
}

/**
 * The id of a workload (SPIFFE-ID, section 2); `null` for what is none: another spelling of the scheme or the trust domain, a
 * port, a user, a query, a fragment, escapes, empty or relative segments, or no path, which is the id of the trust domain itself.
 */
export function readSpiffeId(uri: string): SpiffeId | null {
  const [, trustDomain = "", path = ""] = /^spiffe:\/\/([^/]*)(\/.*)$/.exec(uri) ?? [];
  return uri.length <= MAX_BYTES && isTrustDomain(trustDomain) && isSpiffePath(path)
    ? { trustDomain, path }
    : null;
}
