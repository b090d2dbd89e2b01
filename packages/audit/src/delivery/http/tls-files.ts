import { X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { DeliveryError } from "../errors.ts";
import { readText } from "../secrets.ts";
import type { TlsOptions, TlsSettings } from "./tls.ts";

/** What TLS is set up with, from files that may be replaced while we run. */
export interface TlsFiles {
  /** Looks whether a file changed. The same object as long as none did, so that its owner sees when to connect anew. */
  current(): TlsOptions;
}

/** Hears that changed files are in use now (`null`), or why they are not and the former ones still serve. */
export type TlsNotice = (problem: string | null) => void;

/**
 * Reads the files, and again whenever one of them changes. What cannot be used, as a file that is half written or a
 * certificate whose key has not come yet, leaves the former ones in use. Throws `DeliveryError` when the first reading fails.
 */
export function openTlsFiles(
  settings: TlsSettings | undefined,
  notice: TlsNotice = () => undefined,
): TlsFiles {
  const { caFile, certFile, keyFile } = settings ?? {};
  const paths = [caFile, certFile, keyFile].filter((path) => path !== undefined);
  let seen = paths.map(printOf).join();
  let options = read(settings);

  return {
    current() {
      if (paths.length === 0) return options;
      const now = paths.map(printOf).join();
      if (now === seen) return options;
      seen = now;
      try {
        options = read(settings);
        notice(null);
      } catch (error) {
        notice((error as Error).message);
      }
      return options;
    },
  };
}

/** Changes with every replacement, also of a link that the path goes through, and every write. */
function printOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "-" : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
}

function read(settings: TlsSettings | undefined): TlsOptions {
  const { caFile, certFile, keyFile, serverName, verify = true } = settings ?? {};
  const ca = caFile === undefined ? undefined : readCertificates(caFile);
  const cert = certFile === undefined ? undefined : readCertificates(certFile);
  const key = keyFile === undefined ? undefined : readText(keyFile, "secret_missing");
  if (cert !== undefined) {
    try {
      createSecureContext({ cert, key });
    } catch (cause) {
      // OpenSSL's own words could quote the key.
      const message = `The files ${certFile} and ${keyFile} are no certificate and its private key.`;
      throw new DeliveryError("file_unreadable", message, { cause });
    }
  }
  return {
    rejectUnauthorized: verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

const BEGIN = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/g;
const CERTIFICATE = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]+-----END \1-----/g;

/** TLS would take a bundle that breaks off for a shorter one, and an empty one for no authority at all. */
function readCertificates(path: string): string {
  const pem = readText(path, "file_unreadable");
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0 || blocks.length !== pem.match(BEGIN)?.length || !blocks.every(isCertificate)) {
    throw new DeliveryError(
      "file_unreadable",
      `The file ${path} holds no certificate, or not the whole of one.`,
    );
  }
  return pem;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).fingerprint256 !== "";
  } catch {
    return false;
  }
}
