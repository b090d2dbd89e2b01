import { isSpanContextValid, trace } from "@opentelemetry/api";

/** Ids of the span in force, for log lines and exemplars; `sampled` tells whether it can be looked up later. */
export function activeTrace(): { traceId: string; spanId: string; sampled: boolean } | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) {
    return undefined;
  }
  return { traceId: span.traceId, spanId: span.spanId, sampled: (span.traceFlags & 1) === 1 };
}
