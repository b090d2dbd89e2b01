import type { HealthCheck } from "@sark/observability/health";
import type { ListenerTls } from "./listener-tls.ts";

/**
 * What the listener really uses: down when its certificate has ended, degraded when files that have come cannot be used.
 * That the file's certificate is about to end is told by the check of all certificates.
 */
export function tlsCheck(tls: Pick<ListenerTls, "status">): HealthCheck {
  return {
    name: "tls",
    component: "tls",
    required: false,
    intervalMs: 5_000,
    async check() {
      const { problem, period } = tls.status();
      const details = { certificate_expires: new Date(period.to).toISOString() };
      if (period.to <= Date.now()) {
        throw new Error(`the certificate of http.tls ended at ${details.certificate_expires}: renew it`);
      }
      return problem === null
        ? { details }
        : { degraded: true, message: `older files of TLS are in force: ${problem}`, details };
    },
  };
}
