// oxlint-disable-next-line import/no-unassigned-import -- the X.509 library wants this polyfill before it
import "reflect-metadata";
import { KeyObject, type webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type JsonGeneralNames,
  type X509Certificate,
} from "@peculiar/x509";

/** `untrusted` is signed by another authority than the rest. */
export const CERTIFICATE_KINDS = ["valid", "expired", "wrong-host", "untrusted"] as const;
export type CertificateKind = (typeof CERTIFICATE_KINDS)[number];

interface KeyPair {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
}

export interface TestCertificates {
  /** PEM of the authority that a client trusts to reach the `valid` one. */
  readonly authority: string;
  readonly servers: Readonly<Record<CertificateKind, KeyPair>>;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;
/** In days: no watch of certificates says of one that it ends soon. */
const LASTING = 90;
const LOCAL: JsonGeneralNames = [
  { type: "dns", value: "localhost" },
  { type: "ip", value: "127.0.0.1" },
];

interface Authority {
  readonly certificate: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** Certificates for 127.0.0.1 and localhost, good and bad, made anew. TLS tells authorities apart by their names. */
export async function createCertificates(name = "Trusted"): Promise<TestCertificates> {
  const [trusted, other] = await Promise.all([createAuthority(name), createAuthority("Untrusted")]);
  const [valid, expired, wrongHost, untrusted] = await Promise.all([
    issue(trusted, LOCAL, LASTING),
    issue(trusted, LOCAL, -1),
    issue(trusted, [{ type: "dns", value: "elsewhere.example" }], LASTING),
    issue(other, LOCAL, LASTING),
  ]);
  const servers = { valid, expired, "wrong-host": wrongHost, untrusted };
  return { authority: trusted.certificate.toString("pem"), servers };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function createAuthority(name: string): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `CN=${name} test authority`,
    notBefore: new Date(Date.now() - 10 * DAY_MS),
    notAfter: new Date(Date.now() + 2 * LASTING * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new BasicConstraintsExtension(true, 0, true)],
  });
  return { certificate, keys };
}

async function issue(authority: Authority, names: JsonGeneralNames, endsInDays: number): Promise<KeyPair> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: "02",
    subject: "CN=test receiver",
    issuer: authority.certificate.subject,
    notBefore: new Date(Date.now() - 5 * DAY_MS),
    notAfter: new Date(Date.now() + endsInDays * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    extensions: [new SubjectAlternativeNameExtension(names)],
  });
  const key = KeyObject.from(keys.privateKey).export({ format: "pem", type: "pkcs8" });
  return { key: key.toString(), cert: certificate.toString("pem") };
}
