import {
  certificatesCheck,
  describeStandings,
  standingOf,
  watchConfigured,
  type Certificates,
} from "@sark/certificates";
import type { HealthCheck } from "@sark/observability/health";
import { configuredDatabase, type Cleanup } from "@sark/service-start";
import type { MetricsConfig } from "../config/schema.ts";
import type { JobDefinition } from "../domain/jobs.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

export interface CertificateParts {
  readonly check: HealthCheck;
  readonly job: JobDefinition;
}

/** Watches every certificate that the service uses, presents or is shown. To be called before anything connects. */
export function startCertificates(
  config: Pick<MetricsConfig, "certificates" | "database">,
  deps: {
    readonly environment: NodeJS.ProcessEnv;
    readonly telemetry: Pick<Telemetry, "runtime">;
  },
  cleanups: Cleanup[],
): CertificateParts {
  const { environment, telemetry } = deps;
  const databases = [config.database.url, config.database.serviceUrl].flatMap((url) => {
    const configured = configuredDatabase(url, environment);
    return configured === undefined ? [] : [configured];
  });
  const certificates = watchConfigured(config, databases, environment);
  cleanups.push(async () => certificates.close());
  telemetry.runtime.watchCertificates(certificates.list);
  const { warnBefore } = config.certificates;
  return {
    check: certificatesCheck(certificates, warnBefore),
    job: certificateJob(certificates, warnBefore, telemetry.runtime.certificatesEnd),
  };
}

/**
 * Looks at the certificates of all peers again, once an hour for all replicas, and tells which certificates have ended or end soon: a peer that
 * is connected to for weeks shows a new one to who asks only.
 */
export function certificateJob(
  certificates: Pick<Certificates, "list" | "lookAgain">,
  warnBeforeMs: number,
  tell: (ending: { readonly count: number; readonly described: string }) => void,
): JobDefinition {
  return {
    name: "certificate_check",
    schedule: "11 * * * *",
    tenants: null,
    async run({ signal }) {
      const peers = certificates.list().filter(({ role }) => role === "peer");
      await Promise.all(peers.map(({ name }) => certificates.lookAgain(name, signal)));
      const now = Date.now();
      const standing = (one: Parameters<typeof standingOf>[0]) => standingOf(one, now, warnBeforeMs);
      const ending = certificates.list().filter((one) => standing(one) !== "good");
      if (ending.length > 0) {
        const worstFirst = ending.toSorted(
          (one, other) => Number(standing(other) === "ended") - Number(standing(one) === "ended"),
        );
        tell({ count: ending.length, described: describeStandings(worstFirst, standing) });
      }
    },
  };
}
