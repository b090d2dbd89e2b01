import { followFiles, readRegularFile } from "@sark/observability/files";
import type { CertificateFile } from "./configured-files.ts";
import { watchPeers, type PeerCertificates } from "./peers.ts";
import { readPeriods } from "./read-periods.ts";
import type { CertificateInUse } from "./standing.ts";

/** All certificates that the gateway uses and presents, and those that servers have shown to it. */
export interface Certificates extends Pick<PeerCertificates, "lookAgain" | "close"> {
  list(): CertificateInUse[];
}

const MAX_BYTES = 16 * 1024 * 1024;

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
