import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { readRegularFile } from "@sark/observability/files";

/** Where one authority's certificates and lists are. */
export interface AuthorityFiles {
  readonly name: string;
  readonly caFile: string;
  readonly crlFile?: string | undefined;
}

export interface TlsFileNames {
  readonly certFile: string;
  readonly keyFile: string;
  /** Whose client certificates count; none: clients are not asked for any. */
  readonly authorities: readonly AuthorityFiles[];
}

/** What a TLS server is set up with. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** From when until when the gateway's own certificate is valid, in milliseconds since 1970. */
  readonly period: { readonly from: number; readonly to: number };
  readonly authorities: readonly {
    readonly name: string;
    readonly certificates: readonly X509Certificate[];
  }[];
  readonly ca: readonly string[];
  /** Empty: revocation is not looked at. */
  readonly crl: readonly string[];
}

const MAX_BYTES = 16 * 1024 * 1024;

/** Throws `TypeError` that names the setting and the file, and quotes nothing of them. */
export function readTlsFiles({ certFile, keyFile, authorities }: TlsFileNames): TlsFiles {
  const cert = certificatesIn("http.tls.certFile", certFile);
  const key = textOf("http.tls.keyFile", keyFile);
  const read = authorities.map(({ name, caFile }) => ({
    name,
    pems: certificatesIn(`caFile of ${name}`, caFile),
  }));
  const crl = authorities.flatMap(({ name, crlFile }) =>
    crlFile === undefined ? [] : blocksIn(`crlFile of ${name}`, crlFile, "X509 CRL", isRevocationList),
  );
  try {
    createSecureContext({ cert: cert.join(""), key });
  } catch (cause) {
    // OpenSSL's own words could quote the key.
    throw new TypeError(`http.tls: ${certFile} and ${keyFile} are no certificate and its private key`, {
      cause,
    });
  }
  const { validFromDate, validToDate } = new X509Certificate(cert[0] ?? "");
  return {
    cert: cert.join(""),
    key,
    period: { from: validFromDate.getTime(), to: validToDate.getTime() },
    authorities: read.map(({ name, pems }) => ({
      name,
      certificates: pems.map((pem) => new X509Certificate(pem)),
    })),
    ca: read.flatMap(({ pems }) => pems),
    crl,
  };
}

function certificatesIn(setting: string, path: string): string[] {
  return blocksIn(setting, path, "CERTIFICATE", (pem) => new X509Certificate(pem).fingerprint256 !== "");
}

function isRevocationList(pem: string): boolean {
  return createSecureContext({ crl: pem }).context !== undefined;
}

/** TLS would take a file that breaks off for a shorter one, and would skip what it cannot read. */
function blocksIn(setting: string, path: string, label: string, isGood: (pem: string) => boolean): string[] {
  const text = textOf(setting, path);
  const blocks = text.match(new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`, "g")) ?? [];
  const begun = text.match(/-----BEGIN [^-]+-----/g)?.length ?? 0;
  const whole = blocks.length > 0 && blocks.length === begun;
  if (!whole || !blocks.every((block) => doesNotThrow(() => isGood(block)))) {
    throw new TypeError(`${setting}: ${path} does not consist of whole PEM blocks of ${label}`);
  }
  return blocks.map((block) => `${block}\n`);
}

function doesNotThrow(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

function textOf(setting: string, path: string): string {
  try {
    return readRegularFile(path, MAX_BYTES).toString("utf8");
  } catch (cause) {
    throw new TypeError(`${setting}: cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
