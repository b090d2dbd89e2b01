/**
 * Why a certificate counts for nothing. `untrusted`: no CA of the configuration vouches for it; `expired`: or not valid yet; `revoked`;
 * `revocation_unknown`: there is no list, or none that is valid, that would say whether it is; `outdated`: it was verified by
 * CAs and lists that have changed since, and has to be shown again.
 */
export type CertificateProblem = "untrusted" | "expired" | "revoked" | "revocation_unknown" | "outdated";

/** The certificate that the client of a connection has shown, whose private key it has proven to have. */
export interface ClientCertificate {
  /** Of the one authority of the configuration that has issued it; `null` where there is none, or more than one. */
  readonly authority: string | null;
  readonly problem: CertificateProblem | null;
  /** As it was shown. */
  readonly der: Buffer;
  /** SHA-256 of that in base64url, as tokens name it (`x5t#S256`, RFC 8705). */
  readonly thumbprint: string;
}
