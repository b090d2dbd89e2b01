import { hash, verify, X509Certificate } from "node:crypto";
import { AttestationError } from "../errors.ts";
import { oid, readDer, TAG, type DerValue } from "./der.ts";

export interface TimeStamp {
  /** When the authority says that it saw the data. */
  readonly time: Date;
  /** Subject of the certificate that signed. */
  readonly authority: string;
}

const OID = {
  signedData: "1.2.840.113549.1.7.2",
  tstInfo: "1.2.840.113549.1.9.16.1.4",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingCertificate: "1.2.840.113549.1.9.16.2.12",
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
  rsa: "1.2.840.113549.1.1.1",
} as const;
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
export const SHA256_OID = "2.16.840.1.101.3.4.2.1";

const HASHES = new Map([
  [SHA256_OID, "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);
/** Signature algorithms that name their hash; RSA alone takes the signer's. */
const SIGNATURES = new Map([
  ["1.2.840.113549.1.1.11", "sha256"],
  ["1.2.840.113549.1.1.12", "sha384"],
  ["1.2.840.113549.1.1.13", "sha512"],
  ["1.2.840.10045.4.3.2", "sha256"],
  ["1.2.840.10045.4.3.3", "sha384"],
  ["1.2.840.10045.4.3.4", "sha512"],
]);

/**
 * Verifies a time-stamp token (RFC 3161, 5652): that it is of this data (and nonce), signed by a certificate for time
 * stamping that leads to one of `trusted`, all valid at that time. Throws `bad_attestation` naming what is wrong.
 *
 * @param token the DER of the TimeStampToken: what `openssl ts -reply -token_out` writes
 */
export function verifyTimeStamp(
  token: Buffer,
  expected: { readonly data: Uint8Array; readonly nonce?: Buffer },
  trusted: readonly X509Certificate[],
): TimeStamp {
  try {
    return verifyToken(token, expected, trusted);
  } catch (cause) {
    if (cause instanceof AttestationError) {
      throw cause;
    }
    throw wrong("it is not readable", cause);
  }
}

function verifyToken(
  token: Buffer,
  { data, nonce }: { readonly data: Uint8Array; readonly nonce?: Buffer },
  trusted: readonly X509Certificate[],
): TimeStamp {
  const [contentInfo] = exactly(readDer(token), TAG.sequence);
  const [type, wrapped] = exactly(inside(contentInfo), TAG.oid, TAG.context(0));
  check(isOid(type, OID.signedData), "it is no signed data");
  const [signedData] = exactly(inside(wrapped), TAG.sequence);
  const parts = inside(signedData);
  const [, , encapsulated] = parts;
  const [contentType, contentWrapped] = exactly(inside(encapsulated), TAG.oid, TAG.context(0));
  check(isOid(contentType, OID.tstInfo), "it is no time stamp");
  const [content] = exactly(inside(contentWrapped), TAG.octetString);

  const time = readTstInfo(content?.content ?? Buffer.alloc(0), data, nonce);
  const certificates = inside(parts.find(({ tag }) => tag === TAG.context(0))).map(
    ({ bytes }) => new X509Certificate(bytes),
  );
  const [signerInfo, ...others] = inside(parts.at(-1));
  check(others.length === 0, "it has several signers");
  const signer = verifySigner(signerInfo, content?.content ?? Buffer.alloc(0), [...certificates, ...trusted]);
  check(extendedKeyUsage(signer).includes(TIME_STAMPING), "its certificate is not for time stamping");
  check(leadsTo(signer, certificates, trusted, time), "its certificate does not lead to a trusted one");
  return { time, authority: signer.subject.replaceAll("\n", ", ") };
}

/** Checks the TSTInfo against what was asked; returns its time. */
function readTstInfo(bytes: Buffer, data: Uint8Array, nonce: Buffer | undefined): Date {
  const [info] = exactly(readDer(bytes), TAG.sequence);
  const parts = inside(info);
  const [version, , imprint, , genTime, ...optional] = parts;
  check(version?.content.equals(Buffer.from([1])) === true, "its version is not 1");
  const [algorithm, digest] = exactly(inside(imprint), TAG.sequence, TAG.octetString);
  check(isOid(inside(algorithm)[0], SHA256_OID), "its hash is not SHA-256");
  check(digest?.content.equals(hash("sha256", data, "buffer")) === true, "it is of other data");
  if (nonce !== undefined) {
    const echoed = optional.find(({ tag }) => tag === TAG.integer);
    check(echoed?.bytes.equals(nonce) === true, "it is of another request");
  }
  const text = genTime?.tag === TAG.generalizedTime ? genTime.content.toString("latin1") : "";
  const [, year, month, day, hour, minute, second, fraction = ""] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(text) ?? [];
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}Z`);
  check(!Number.isNaN(time.getTime()), "its time is not readable");
  return time;
}

/** Finds the certificate that the signature names and verifies the signature with it. */
function verifySigner(
  signerInfo: DerValue | undefined,
  content: Buffer,
  candidates: readonly X509Certificate[],
): X509Certificate {
  const [, , digestAlgorithm, attributes, signatureAlgorithm, signature] = exactly(
    inside(signerInfo).slice(0, 6),
    TAG.integer,
    TAG.sequence,
    TAG.sequence,
    TAG.context(0),
    TAG.sequence,
    TAG.octetString,
  );
  const digestName = HASHES.get(oidOf(digestAlgorithm)) ?? "";
  check(digestName !== "", "its hash is not of the SHA-2 family");
  const attribute = (name: string): DerValue | undefined => {
    const found = inside(attributes).filter((one) => isOid(inside(one)[0], name));
    check(found.length <= 1, "it has an attribute twice");
    return inside(inside(found[0])[1])[0];
  };
  check(isOid(attribute(OID.contentType), OID.tstInfo), "its signature is of another content type");
  const digest = attribute(OID.messageDigest)?.content;
  check(digest?.equals(hash(digestName, content, "buffer")) === true, "its content was altered");

  const signer = candidates.find((certificate) => names(attribute, certificate));
  if (signer === undefined) {
    throw wrong("it does not bring the certificate that it names");
  }
  const algorithm = oidOf(signatureAlgorithm);
  const signatureHash = algorithm === OID.rsa ? digestName : SIGNATURES.get(algorithm);
  if (signatureHash === undefined) {
    throw wrong(`its signature algorithm ${algorithm} is not supported`);
  }
  // What is signed is the attributes as a SET; in place they are tagged [0] (RFC 5652, 5.4).
  const signed = Buffer.from(attributes?.bytes ?? []);
  signed[0] = TAG.set;
  const right = verify(signatureHash, signed, signer.publicKey, signature?.content ?? Buffer.alloc(0));
  check(right, "its signature is wrong");
  return signer;
}

/** Whether the signing-certificate attribute (RFC 2634 or 5035), which must be there, is of this certificate. */
function names(attribute: (name: string) => DerValue | undefined, certificate: X509Certificate): boolean {
  const [v1, v2] = [attribute(OID.signingCertificate), attribute(OID.signingCertificateV2)];
  const [id] = inside(inside(v2 ?? v1)[0]);
  const parts = inside(id);
  const algorithm =
    parts[0]?.tag === TAG.sequence ? HASHES.get(oidOf(parts[0])) : v2 === undefined ? "sha1" : "sha256";
  const named = parts.find(({ tag }) => tag === TAG.octetString);
  return (
    algorithm !== undefined && named?.content.equals(hash(algorithm, certificate.raw, "buffer")) === true
  );
}

const MAX_CHAIN = 5;

function leadsTo(
  certificate: X509Certificate,
  between: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  time: Date,
  depth = 0,
): boolean {
  if (depth > MAX_CHAIN || time < certificate.validFromDate || time > certificate.validToDate) {
    return false;
  }
  if (trusted.some(({ raw }) => raw.equals(certificate.raw))) {
    return true;
  }
  return [...trusted, ...between].some(
    (issuer) =>
      issuer.ca &&
      certificate.checkIssued(issuer) &&
      certificate.verify(issuer.publicKey) &&
      leadsTo(issuer, between, trusted, time, depth + 1),
  );
}

/** Node calls the extended key usage `keyUsage`. */
function extendedKeyUsage(certificate: X509Certificate): readonly string[] {
  return certificate.keyUsage ?? [];
}

const inside = (value: DerValue | undefined): DerValue[] =>
  value === undefined ? [] : readDer(value.content);
const isOid = (value: DerValue | undefined, dotted: string): boolean =>
  value?.bytes.equals(oid(dotted)) === true;

function oidOf(algorithm: DerValue | undefined): string {
  const [found] = inside(algorithm);
  const known = [...HASHES.keys(), ...SIGNATURES.keys(), OID.rsa];
  return known.find((dotted) => isOid(found, dotted)) ?? "unknown";
}

/** The values, if their tags are these. */
function exactly(values: readonly DerValue[], ...tags: readonly number[]): readonly DerValue[] {
  check(
    values.length >= tags.length && tags.every((tag, at) => values[at]?.tag === tag),
    "its structure is wrong",
  );
  return values;
}

function check(right: boolean, otherwise: string): void {
  if (!right) {
    throw wrong(otherwise);
  }
}

function wrong(what: string, cause?: unknown): AttestationError {
  return new AttestationError("bad_attestation", `The time stamp does not count: ${what}.`, { cause });
}
