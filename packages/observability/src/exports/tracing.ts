export { startTracing, type Tracing, type TracingOptions } from "../tracing/start-tracing.ts";
export { extractContext, injectContext, type Carrier } from "../tracing/propagation.ts";
export { recordError, withSpan, type SpanSettings } from "../tracing/with-span.ts";
export { type LateSpan, type LateSpans, type RecordLate } from "../tracing/late-spans.ts";
export {
  addPart,
  beginWork,
  type WorkEnding,
  type WorkSettings,
  type WorkSpan,
  type WorkTracing,
} from "../tracing/work-span.ts";
export { activeTrace, sampledTrace } from "../tracing/active-trace.ts";
