import { certificatesCheck, watchConfigured } from "@sark/certificates";
import { configuredDatabase, type Cleanup } from "@sark/service-start";
import type { GatewayConfig } from "../config/schema.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** Watches every certificate that the gateway uses, presents or is shown. To be called before anything connects. */
export function startCertificates(
  config: GatewayConfig,
  deps: {
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly telemetry: Pick<Telemetry, "runtime">;
  },
  cleanups: Cleanup[],
) {
  const database = configuredDatabase(config.database.url, deps.environment);
  const certificates = watchConfigured(config, database === undefined ? [] : [database], deps.environment);
  cleanups.push(async () => certificates.close());
  deps.telemetry.runtime.watchCertificates(certificates.list);
  return certificatesCheck(certificates, config.certificates.warnBefore);
}
