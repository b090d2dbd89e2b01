/** From when until when something is valid, in milliseconds since 1970. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/**
 * What a certificate is for the service. A `trust_store` is a file of authorities of which most are needed by none of its
 * connections.
 */
export const CERTIFICATE_ROLES = ["own", "authority", "trust_store", "revocation_list", "peer"] as const;
export type CertificateRole = (typeof CERTIFICATE_ROLES)[number];

/** A file, or a peer, with the certificates that count there. */
export interface CertificateInUse {
  /** A setting, as `http.tls.certFile`, or for a peer its address. */
  readonly name: string;
  readonly role: CertificateRole;
  /** None: nothing in it is known to end. */
  readonly periods: readonly Period[];
}

/** `partly`: one of several authorities has ended, and those that it vouches for are refused. */
export type Standing = "good" | "soon" | "partly" | "ended";

/** A certificate that is replaced by itself, as those of a mesh, has been replaced before its last tenth. */
const LAST_SHARE = 0.1;

/** How it stands now, by what `warnBeforeMs` before an end is. */
export function standingOf(
  { role, periods }: Pick<CertificateInUse, "role" | "periods">,
  now: number,
  warnBeforeMs: number,
): Standing {
  const ended = periods.filter(({ to }) => to <= now).length;
  if (ended > 0) {
    // A chain is as good as its worst link; of authorities each stands for itself.
    return role === "authority" && ended < periods.length ? "partly" : "ended";
  }
  const isSoon = ({ from, to }: Period) => to - now < Math.min(warnBeforeMs, (to - from) * LAST_SHARE);
  return periods.some(isSoon) ? "soon" : "good";
}

/** When the first of them ends; `null` where none is known to. */
export function firstEnd({ periods }: Pick<CertificateInUse, "periods">): number | null {
  return periods.length === 0 ? null : Math.min(...periods.map(({ to }) => to));
}
