import type { Context, SpanContext } from "@opentelemetry/api";
import type { LateSpan, LateSpans } from "@sark/observability/tracing";

/** Why a call that was not sampled is worth a trace. */
export const EXTRA_TRACE_REASONS = ["error", "refused", "slow"] as const;
export type ExtraTraceReason = (typeof EXTRA_TRACE_REASONS)[number];

/** How a call that was not sampled ended. */
export interface Ending {
  readonly refused: boolean;
  readonly failed: boolean;
  readonly seconds: number;
}

/** Records calls of which a trace is wanted only when they are over: refused ones, failed ones, slow ones. */
export interface ExtraTraces {
  consider(ending: Ending, span: () => RanSpan): void;
}

/** The span that was not recorded while it ran. */
export interface RanSpan {
  readonly ids: SpanContext;
  readonly parent: Context;
  readonly span: LateSpan;
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
    consider(ending, span) {
      const reason = reasonFor(ending);
      if (reason !== null) {
        const { ids, parent, span: ran } = span();
        considered(reason, late.record(ids, parent, ran));
      }
    },
  };
}
