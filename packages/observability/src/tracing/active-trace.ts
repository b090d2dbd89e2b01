import { isSpanContextValid, trace, TraceFlags } from "@opentelemetry/api";

/** Ids of the span in force, for log lines and exemplars; `sampled` tells whether it can be looked up later. */
export function activeTrace(): { traceId: string; spanId: string; sampled: boolean } | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) {
    return undefined;
  }
  return { traceId: span.traceId, spanId: span.spanId, sampled: (span.traceFlags & 1) === 1 };
}

/** The same, where it can be looked up later. Most are not sampled: it is found out before anything else is looked at. */
export function sampledTrace(): { traceId: string; spanId: string } | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || (span.traceFlags & TraceFlags.SAMPLED) === 0 || !isSpanContextValid(span)) {
    return undefined;
  }
  return { traceId: span.traceId, spanId: span.spanId };
}
