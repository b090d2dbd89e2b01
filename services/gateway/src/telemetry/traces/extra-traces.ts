import type { LateSpans, RecordLate } from "@sark/observability/tracing";

/** Why a call that was not sampled is worth a trace. */
export const EXTRA_TRACE_REASONS = ["error", "refused", "slow"] as const;
export type ExtraTraceReason = (typeof EXTRA_TRACE_REASONS)[number];

/** How a call that was not sampled ended. */
export interface Ending {
  readonly refused: boolean;
  readonly failed: boolean;
  readonly seconds: number;
}

/** Decides which calls are traced when they are over: refused ones, failed ones, slow ones. */
export interface ExtraTraces {
  /** What records the call's trace, once all of it is over; `null` where it is not worth one, or there are too many. */
  consider(ending: Ending): RecordLate | null;
}

export function createExtraTraces(deps: {
  readonly late: LateSpans;
  readonly slowerThanSeconds: number;
  considered(reason: ExtraTraceReason, recorded: boolean): void;
}): ExtraTraces {
  const { late, slowerThanSeconds, considered } = deps;
  function reasonFor({ refused, failed, seconds }: Ending): ExtraTraceReason | null {
    if (refused) {
      return "refused";
    }
    if (failed) {
      return "error";
    }
    return seconds > slowerThanSeconds ? "slow" : null;
  }
  return {
    consider(ending) {
      const reason = reasonFor(ending);
      if (reason === null) {
        return null;
      }
      const record = late.admit();
      considered(reason, record !== null);
      return record;
    },
  };
}
