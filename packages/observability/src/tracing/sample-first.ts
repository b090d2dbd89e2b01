import {
  context,
  isSpanContextValid,
  trace,
  TraceFlags,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
  type Tracer,
} from "@opentelemetry/api";
import { createIdSource } from "./id-source.ts";

/**
 * The same tracer, asked only for spans that are recorded: a trace is recorded where its parent's is, and of those without a
 * parent by `ratio`, from 0 to 1. Of all others a span has its ids and nothing else, at a tenth of what OpenTelemetry's own takes.
 */
export function sampleFirst(recording: Tracer, ratio: number): Tracer {
  const ids = createIdSource();

  function startSpan(name: string, options: SpanOptions = {}, from: Context = context.active()): Span {
    const parent = options.root === true ? undefined : validSpanContext(from);
    const isSampled =
      parent === undefined ? ids.chance() < ratio : (parent.traceFlags & TraceFlags.SAMPLED) !== 0;
    return isSampled ? recording.startSpan(name, options, from) : trace.wrapSpanContext(unsampled(parent));
  }

  function unsampled(parent: SpanContext | undefined): SpanContext {
    const own = {
      traceId: parent?.traceId ?? ids.traceId(),
      spanId: ids.spanId(),
      traceFlags: TraceFlags.NONE,
    };
    return parent?.traceState === undefined ? own : { ...own, traceState: parent.traceState };
  }

  /** With or without options and a context in between, as the interface has it. */
  function startActiveSpan(name: string, ...rest: readonly unknown[]) {
    const fn = rest.at(-1) as (span: Span) => never;
    const [options, given] = rest.slice(0, -1) as [SpanOptions?, Context?];
    const from = given ?? context.active();
    const span = startSpan(name, options, from);
    return context.with(trace.setSpan(from, span), fn, undefined, span);
  }

  return { startSpan, startActiveSpan };
}

function validSpanContext(from: Context): SpanContext | undefined {
  const span = trace.getSpanContext(from);
  return span !== undefined && isSpanContextValid(span) ? span : undefined;
}
