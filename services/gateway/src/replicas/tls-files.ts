import { constants, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { followFiles, readRegularFile, type FileNotice, type FollowedFiles } from "@sark/observability/files";

export interface ReplicaTlsSettings {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

/** What both sides of a connection between replicas are set up with. */
export type ReplicaTls = FollowedFiles<SecureContextOptions>;

const MAX_BYTES = 1024 * 1024;
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Reads the files, and again when one of them has changed. A certificate whose key has not come yet leaves the former ones in use.
 * Throws `TypeError` that names setting and file, and quotes nothing of them, where the first reading fails.
 */
export function openReplicaTls(settings: ReplicaTlsSettings, notice: FileNotice): ReplicaTls {
  const { certFile, keyFile, caFile } = settings;
  return followFiles([certFile, keyFile, caFile], () => read(settings), notice);
}

function read({ certFile, keyFile, caFile }: ReplicaTlsSettings): SecureContextOptions {
  const options: SecureContextOptions = {
    cert: certificatesOf("replicas.tls.certFile", certFile),
    key: textOf("replicas.tls.keyFile", keyFile),
    ca: certificatesOf("replicas.tls.caFile", caFile),
    minVersion: "TLSv1.3",
    // Each connection is verified by the files of now.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
  try {
    createSecureContext(options);
  } catch (cause) {
    // OpenSSL's own words could quote the key.
    throw new TypeError(`replicas.tls: ${certFile} and ${keyFile} are no certificate and its private key`, {
      cause,
    });
  }
  return options;
}

/** TLS would take a file that breaks off for a shorter one. */
function certificatesOf(setting: string, path: string): string {
  const text = textOf(setting, path);
  const blocks = text.match(BLOCK) ?? [];
  if (blocks.length === 0 || blocks.length !== text.match(/-----BEGIN /g)?.length || !blocks.every(isGood)) {
    throw new TypeError(`${setting}: ${path} does not consist of whole PEM blocks of CERTIFICATE`);
  }
  return `${blocks.join("\n")}\n`;
}

function isGood(block: string): boolean {
  try {
    return new X509Certificate(block).fingerprint256 !== "";
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
