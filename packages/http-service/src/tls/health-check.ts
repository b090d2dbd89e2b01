import type { HealthCheck } from "@sark/observability/health";
import type { ListenerTls } from "./listener-tls.ts";

const DAY_MS = 86_400_000;
/** So long before its end a certificate has been renewed, where that happens by itself: of one of hours, in its last tenth. */
const SOON = { ms: 3 * DAY_MS, share: 0.1 };

/** Says so when the certificate of the listener ends, or files that have come cannot be used. */
export function tlsCheck(tls: Pick<ListenerTls, "status">): HealthCheck {
  return {
    name: "tls",
    component: "tls",
    required: false,
    intervalMs: 5_000,
    async check() {
      const { problem, period } = tls.status();
      const details = { certificate_expires: new Date(period.to).toISOString() };
      const soon = Math.min(SOON.ms, (period.to - period.from) * SOON.share);
      if (period.to - Date.now() < soon) {
        throw new Error(`the certificate of http.tls ends at ${details.certificate_expires}: renew it`);
      }
      return problem === null
        ? { details }
        : { message: `older files of TLS are in force: ${problem}`, details };
    },
  };
}
