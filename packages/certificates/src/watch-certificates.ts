import { followFiles, readRegularFile } from "@sark/observability/files";
import { certificateFilesIn, certificateFilesOfDatabase, type CertificateFile } from "./configured-files.ts";
import { watchPeers, type PeerCertificates } from "./peers.ts";
import { readPeriods } from "./read-periods.ts";
import type { CertificateInUse } from "./standing.ts";

/** All certificates that a service uses and presents, and those that servers have shown to it. */
export interface Certificates extends Pick<PeerCertificates, "lookAgain" | "close"> {
  list(): CertificateInUse[];
}

const MAX_BYTES = 16 * 1024 * 1024;
/** What Node.js trusts in addition to its own authorities. */
const EXTRA_AUTHORITIES = "NODE_EXTRA_CA_CERTS";

/**
 * Watches every certificate that a configuration names, that the addresses of its databases name, and that servers show. To be called before
 * anything connects.
 */
export function watchConfigured(
  configuration: unknown,
  databaseUrls: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Certificates {
  const extra = environment[EXTRA_AUTHORITIES];
  return watchCertificates([
    ...certificateFilesIn(configuration),
    ...databaseUrls.flatMap(certificateFilesOfDatabase),
    ...(extra === undefined || extra === ""
      ? []
      : [{ name: EXTRA_AUTHORITIES, path: extra, role: "trust_store" as const }]),
  ]);
}

/** From now on. A file that cannot be read is told by what it is for, and counts as it was before. */
export function watchCertificates(
  files: readonly CertificateFile[],
  options: { readonly lookAgainMs?: number } = {},
): Certificates {
  const peers = watchPeers(options);
  const followed = files.map(({ name, path, role }) => {
    const read = () => readPeriods(readRegularFile(path, MAX_BYTES), role);
    let current: () => CertificateInUse["periods"];
    try {
      const file = followFiles([path], read);
      current = () => file.current();
    } catch {
      current = () => [];
    }
    return () => ({ name, role, periods: current() });
  });
  return {
    list: () => [...followed.map((file) => file()), ...peers.list()],
    lookAgain: peers.lookAgain,
    close: peers.close,
  };
}
