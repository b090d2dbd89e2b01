import { configuredDatabase, type Cleanup } from "@sark/service-start";
import { certificateFilesIn, certificateFilesOfDatabase } from "../certificates/configured-files.ts";
import { certificatesCheck } from "../certificates/health-check.ts";
import { watchCertificates } from "../certificates/watch-certificates.ts";
import type { GatewayConfig } from "../config/schema.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** What Node.js trusts in addition to its own authorities. */
const EXTRA_AUTHORITIES = "NODE_EXTRA_CA_CERTS";

/** Watches every certificate that the gateway uses, presents or is shown. To be called before anything connects. */
export function startCertificates(
  config: GatewayConfig,
  deps: {
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly telemetry: Pick<Telemetry, "runtime">;
  },
  cleanups: Cleanup[],
) {
  const extra = deps.environment[EXTRA_AUTHORITIES];
  const certificates = watchCertificates([
    ...certificateFilesIn(config),
    ...certificateFilesOfDatabase(configuredDatabase(config.database.url, deps.environment) ?? ""),
    ...(extra === undefined || extra === ""
      ? []
      : [{ name: EXTRA_AUTHORITIES, path: extra, role: "trust_store" as const }]),
  ]);
  cleanups.push(async () => certificates.close());
  deps.telemetry.runtime.watchCertificates(certificates.list);
  return certificatesCheck(certificates, config.certificates.warnBefore);
}
