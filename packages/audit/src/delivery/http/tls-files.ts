import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { followFiles, type FileNotice, type FollowedFiles } from "@sark/observability/files";
import { DeliveryError } from "../domain/errors.ts";
import { readText } from "../secrets/secrets.ts";
import type { TlsOptions, TlsSettings } from "./tls.ts";

/** What TLS is set up with, from files that may be replaced while we run. */
export type TlsFiles = FollowedFiles<TlsOptions>;

/** Hears that changed files are in use now (`null`), or why they are not and the former ones still serve. */
export type TlsNotice = FileNotice;

/**
 * Follows the files. A certificate whose key has not come yet leaves the former ones in use, as all else does that cannot
 * be used. Throws `DeliveryError` when the first reading fails.
 */
export function openTlsFiles(settings: TlsSettings | undefined, notice?: TlsNotice): TlsFiles {
  const { caFile, certFile, keyFile } = settings ?? {};
  const paths = [caFile, certFile, keyFile].filter((path) => path !== undefined);
  return followFiles(paths, () => read(settings), notice);
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
  // Of files put together whose last line had no end, OpenSSL would read the first certificate, or none.
  return blocks.map((block) => `${block}\n`).join("");
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).fingerprint256 !== "";
  } catch {
    return false;
  }
}
