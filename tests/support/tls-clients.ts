import { readFileSync } from "node:fs";
import type { CertificateAuthority, IssuedCertificate } from "@sark/testkit";
import { Agent } from "undici";

const text = (path: string) => readFileSync(path, "utf8");

/** Connects by TLS, with a certificate where one is given; each request over a connection of its own. */
export function tlsClient(
  servers: CertificateAuthority,
  certificate?: IssuedCertificate,
  options: { readonly pipelining?: number; readonly takesExpired?: boolean } = {},
): Agent {
  return new Agent({
    pipelining: options.pipelining ?? 0,
    connect: {
      ca: text(servers.certFile),
      ...(options.takesExpired === true ? { rejectUnauthorized: false } : {}),
      ...(certificate && { cert: text(certificate.chainFile), key: text(certificate.keyFile) }),
    },
  });
}
