import { SpanKind } from "@opentelemetry/api";
import type { LateSpan } from "@sark/observability/tracing";

/** When the stages of a call began, by `performance.now()`; all that is kept of a call that is not sampled. */
export interface StageTimes {
  /** The stage before is over. */
  begin(stage: string): void;
  seconds(): number;
  /** Start, end and children of the call's span. The stage that has the call's own name is the upstream's, and ended as the call did. */
  spans(
    call: string,
    ended: Pick<LateSpan, "attributes" | "error">,
  ): Pick<LateSpan, "startedAt" | "endedAt" | "children">;
}

export function createStageTimes(): StageTimes {
  const startedAt = performance.now();
  const names: string[] = [];
  const times: number[] = [];
  return {
    begin(stage) {
      names.push(stage);
      times.push(performance.now());
    },
    seconds: () => (performance.now() - startedAt) / 1_000,
    spans(call, ended) {
      const endedAt = performance.now();
      const children = names.map((name, at): LateSpan => {
        const own = { name, startedAt: times[at] ?? startedAt, endedAt: times[at + 1] ?? endedAt };
        return name === call ? { ...own, kind: SpanKind.CLIENT, ...ended } : own;
      });
      return { startedAt, endedAt, children };
    },
  };
}
