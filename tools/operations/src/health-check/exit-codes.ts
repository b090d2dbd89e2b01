import type { HealthReport } from "./report.ts";

/** As Nagios, cron and Kubernetes read them. A command line that cannot be understood says nothing of the gateway. */
export const HEALTH_EXIT = { ok: 0, degraded: 1, draining: 1, down: 2, unknown: 3 } as const satisfies Record<
  HealthReport["status"],
  number
>;
