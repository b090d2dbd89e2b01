import type { HealthStatus } from "@sark/observability/health";

/** What the response's status code says, in a word: a part that is down is worse than to drain. */
export function shownStatus({
  status,
  draining,
}: {
  readonly status: HealthStatus;
  readonly draining: boolean;
}): HealthStatus | "draining" {
  return draining && (status === "ok" || status === "degraded") ? "draining" : status;
}
