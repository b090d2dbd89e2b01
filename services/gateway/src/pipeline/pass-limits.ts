import type { Awaitable } from "../domain/awaitable.ts";
import type { LimitGroup } from "../domain/rate-limits.ts";
import { denialAttributes } from "../telemetry/traces/call-attributes.ts";
import type { StageParent } from "../telemetry/traces/call-span.ts";
import type { CallTracing, StageDetails } from "../telemetry/traces/call-tracing.ts";
import type { CountedCall } from "../governance/limited-record.ts";
import type { Passed, RateLimitStage } from "../governance/rate-limit-stage.ts";

/** Counts a call against one group of limits, in a span of its own. Never rejects. */
export type PassLimits = (group: LimitGroup, counted: CountedCall, span: StageParent) => Awaitable<Passed>;

/** Of a call that counts for no limit. */
export const NOT_COUNTED: Passed = { allowed: true, marks: {} };

/** `null` where no limit is configured: nothing is counted then. */
export function createPassLimits(
  rateLimits: Pick<RateLimitStage, "pass"> | null,
  tracing: Pick<CallTracing, "stage">,
): PassLimits {
  if (rateLimits === null) {
    return () => NOT_COUNTED;
  }
  return (group, counted, span) =>
    tracing.stage(
      "rate limit",
      span,
      () => rateLimits.pass(group, counted, () => span.traceId),
      DETAILS[group],
    );
}

const DETAILS: Record<LimitGroup, StageDetails<Passed>> = { own: ofGroup("own"), common: ofGroup("common") };

function ofGroup(group: LimitGroup): StageDetails<Passed> {
  return {
    attributes: { "sark.limit.group": group },
    said: (passed) => (passed.allowed ? {} : denialAttributes(passed.code)),
  };
}
