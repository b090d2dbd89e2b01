import type { AuditLog } from "@sark/audit";
import type { GatewayConfig } from "../config/schema.ts";
import { createRateLimitStage, type RateLimitStage } from "../governance/rate-limit-stage.ts";
import { createRateLimits, type RateLimits } from "../limits/rate-limiter.ts";
import { createSharedBuckets } from "@sark/shared-state";
import type { SharedState } from "@sark/shared-state";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Upstreams } from "../upstreams/registry.ts";

export interface StartedRateLimits {
  readonly limits: RateLimits;
  /** `null` without a rule: calls are not counted then. */
  readonly stage: RateLimitStage | null;
  close(): Promise<void>;
}

/** What counts calls toward their limits, as far as limits are configured. */
export function startRateLimits(
  { rules, maxSubjects }: GatewayConfig["rateLimits"],
  deps: {
    readonly audit: Pick<AuditLog, "record">;
    readonly upstreams: Pick<Upstreams, "get" | "inputSchema">;
    readonly telemetry: Pick<Telemetry, "rateLimits">;
    /** `null`: this process counts for itself. */
    readonly shared: SharedState | null;
  },
): StartedRateLimits {
  const { audit, upstreams, telemetry, shared } = deps;
  const observer = telemetry.rateLimits;
  const limits = createRateLimits({
    rules,
    maxSubjects,
    shared: shared === null ? null : createSharedBuckets(shared),
    exists: (server, tool) =>
      tool === null ? upstreams.get(server) !== undefined : upstreams.inputSchema(server, tool) !== undefined,
    observer,
  });
  observer.watch(() => limits.subjects);
  const stage =
    rules.length === 0 ? null : createRateLimitStage({ limiter: limits, audit, events: observer });
  return { limits, stage, close: async () => stage?.close() };
}
