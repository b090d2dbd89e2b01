import {
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Link,
  type SpanContext,
  type SpanKind,
  type Tracer,
} from "@opentelemetry/api";
import { type Resource } from "@opentelemetry/resources";
import { AlwaysOnSampler, TracerProvider, type SpanProcessor } from "@opentelemetry/sdk-trace";
import { createIdSource } from "./id-source.ts";

/** A span that is told of when it is over. Times are those of `performance.now()`. */
export interface LateSpan {
  readonly name: string;
  readonly kind?: SpanKind;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes?: Attributes;
  readonly links?: Link[];
  /** What went wrong: the status is an error then. */
  readonly error?: string;
  readonly children?: readonly LateSpan[];
}

/**
 * Records spans of traces that were not sampled, when it is known that they are worth it: a decision at the end that
 * costs a trace nothing before. Bounded: at most so many traces in a second.
 */
export interface LateSpans {
  /** What records one trace, now or once all of it is over; `null` when this second has had its share. */
  admit(): RecordLate | null;
  /** The same at once; false when this second has had its share. */
  record(...trace: Parameters<RecordLate>): boolean;
}

/**
 * Records a span under the ids that it had while it ran, so that log lines, events and what was sent on lead to it.
 * `parent` is what it belongs to.
 */
export type RecordLate = (
  ids: Pick<SpanContext, "traceId" | "spanId">,
  parent: Context,
  span: LateSpan,
) => void;

export interface LateSpansDeps {
  readonly resource: Resource;
  readonly processor: SpanProcessor;
  readonly scope: { readonly name: string; readonly version: string };
  readonly maxPerSecond: number;
}

export function createLateSpans({ resource, processor, scope, maxPerSecond }: LateSpansDeps): LateSpans {
  const ids = createIds();
  const provider = new TracerProvider({
    resource,
    sampler: new AlwaysOnSampler(),
    spanLimits: { attributeValueLengthLimit: 4096 },
    idGenerator: ids,
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer(scope.name, scope.version);
  const admits = createShare(maxPerSecond);
  const record: RecordLate = (given, parent, span) => {
    // The two clocks drift: what they differ by is asked each time.
    const epoch = Date.now() - performance.now();
    ids.next(given);
    writeSpan(tracer, sampled(parent), span, epoch);
  };
  const admit = () => (admits() ? record : null);
  return {
    admit,
    record(...trace) {
      const admitted = admit();
      admitted?.(...trace);
      return admitted !== null;
    },
  };
}

/** Writes a span that is over, with those below it. `epoch`: what turns its times into Unix milliseconds. */
export function writeSpan(tracer: Tracer, parent: Context, late: LateSpan, epoch: number): void {
  const { name, kind, attributes, links, error, startedAt, endedAt, children = [] } = late;
  const span = tracer.startSpan(
    name,
    {
      startTime: epoch + startedAt,
      ...(kind === undefined ? {} : { kind }),
      ...(attributes === undefined ? {} : { attributes }),
      ...(links === undefined ? {} : { links }),
    },
    parent,
  );
  if (error !== undefined) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error });
  }
  const own = trace.setSpan(ROOT_CONTEXT, span);
  for (const child of children) {
    writeSpan(tracer, own, child, epoch);
  }
  span.end(epoch + endedAt);
}

/** The caller's span, which may not be recorded itself: it is what this one belongs to all the same. */
function sampled(parent: Context): Context {
  const span = trace.getSpanContext(parent);
  return span === undefined
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, { ...span, traceFlags: span.traceFlags | TraceFlags.SAMPLED });
}

/** Random ids, but for those that are given for the next span. */
function createIds() {
  const random = createIdSource();
  let traceId = "";
  let spanId: string | null = null;
  return {
    next: (ids: Pick<SpanContext, "traceId" | "spanId">) => void ({ traceId, spanId } = ids),
    // Asked for a root only, which is the span that was given.
    generateTraceId: () => traceId,
    generateSpanId() {
      const id = spanId ?? random.spanId();
      spanId = null;
      return id;
    },
  };
}

function createShare(perSecond: number): () => boolean {
  let since = -Infinity;
  let taken = 0;
  return () => {
    const now = performance.now();
    if (now - since >= 1_000) {
      since = now;
      taken = 0;
    }
    taken += 1;
    return taken <= perSecond;
  };
}
