import { hash, type X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { CertificateProblem, ClientCertificate } from "@sark/authentication";
import type { TlsFiles } from "./read-files.ts";

/** Of OpenSSL's reasons, those that say what an operator has to do; the rest is that no CA vouches for it. */
const PROBLEMS: ReadonlyMap<string, CertificateProblem> = new Map([
  ["CERT_HAS_EXPIRED", "expired"],
  ["CERT_NOT_YET_VALID", "expired"],
  ["CERT_REVOKED", "revoked"],
  ["UNABLE_TO_GET_CRL", "revocation_unknown"],
  ["UNABLE_TO_GET_CRL_ISSUER", "revocation_unknown"],
  ["UNABLE_TO_DECRYPT_CRL_SIGNATURE", "revocation_unknown"],
  ["CRL_SIGNATURE_FAILURE", "revocation_unknown"],
  ["CRL_NOT_YET_VALID", "revocation_unknown"],
  ["CRL_HAS_EXPIRED", "revocation_unknown"],
  ["ERROR_IN_CRL_LAST_UPDATE_FIELD", "revocation_unknown"],
  ["ERROR_IN_CRL_NEXT_UPDATE_FIELD", "revocation_unknown"],
]);

/** What TLS found out when the connection was made. */
export interface PeerCertificate extends ClientCertificate {
  /** It is valid from and to, in milliseconds since 1970. */
  readonly validFrom: number;
  readonly validTo: number;
}

/** The certificate of this connection's client; `null` where it has shown none. */
export function readPeerCertificate(
  socket: TLSSocket,
  authorities: TlsFiles["authorities"],
): PeerCertificate | null {
  const certificate = socket.getPeerX509Certificate();
  // For TLS, a connection without a certificate can be an authorized one: what was shown comes first.
  if (certificate === undefined) {
    return null;
  }
  return {
    authority: authorityOf(certificate, authorities),
    problem: socket.authorized ? null : problemOf(socket, certificate, authorities),
    der: certificate.raw,
    thumbprint: hash("sha256", certificate.raw, "base64url"),
    validFrom: certificate.validFromDate.getTime(),
    validTo: certificate.validToDate.getTime(),
  };
}

/**
 * Whose it is. TLS has verified that it leads to a CA of one of the authorities, and does not say of which. With one authority there is
 * no question. With several, only certificates that one in the file of an authority has signed by itself count: a
 * chain over what the client sent could be made to lead to one authority here, and to another one there.
 */
function authorityOf(certificate: X509Certificate, authorities: TlsFiles["authorities"]): string | null {
  const issuers =
    authorities.length === 1
      ? authorities
      : authorities.filter(({ certificates }) =>
          certificates.some((issuer) => hasSigned(issuer, certificate)),
        );
  const [only, ...others] = issuers;
  return only === undefined || others.length > 0 ? null : only.name;
}

function problemOf(
  socket: TLSSocket,
  certificate: X509Certificate,
  authorities: TlsFiles["authorities"],
): CertificateProblem {
  // It is an error's code, whatever the types say.
  const problem = PROBLEMS.get(String(socket.authorizationError)) ?? "untrusted";
  // OpenSSL says the last thing that is wrong: of a CA that is unknown there is no list either.
  return problem === "revocation_unknown" && !leadsToCa(certificate, authorities) ? "untrusted" : problem;
}

const MAX_CHAIN = 16;

/** Over those that the client has sent with it. */
function leadsToCa(certificate: X509Certificate, authorities: TlsFiles["authorities"]): boolean {
  let link: X509Certificate | undefined = certificate;
  for (let length = 0; link !== undefined && length < MAX_CHAIN; length++) {
    const last: X509Certificate = link;
    if (authorities.some(({ certificates }) => certificates.some((issuer) => hasSigned(issuer, last)))) {
      return true;
    }
    link = last.issuerCertificate;
  }
  return false;
}

function hasSigned(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
