import { tlsCheck } from "@sark/http-service";
import { createHealth, type Health, type HealthCheck } from "@sark/observability/health";
import { sharedStateCheck } from "@sark/shared-state";
import type { Cleanup } from "@sark/service-start";
import { version } from "../product/version.ts";
import { sessionCheck } from "../sessions/health-check.ts";
import { healthChecks } from "./health-checks.ts";

/** Begins to look at what this gateway is made of; `others` say themselves what they look at. */
export function startHealth(
  deps: Parameters<typeof healthChecks>[0] & {
    readonly shared: Parameters<typeof sharedStateCheck>[0] | null;
    readonly sessions: Parameters<typeof sessionCheck>[0];
    readonly tls: Parameters<typeof tlsCheck>[0] | null;
    readonly others: readonly HealthCheck[];
  },
  cleanups: Cleanup[],
): Health {
  const { shared, sessions, tls, others } = deps;
  const health = createHealth({
    version,
    checks: [
      ...healthChecks(deps),
      ...(shared === null ? [] : [sharedStateCheck(shared)]),
      sessionCheck(sessions),
      ...(tls === null ? [] : [tlsCheck(tls)]),
      ...others,
    ],
  });
  cleanups.push(() => health.close());
  health.start();
  return health;
}
