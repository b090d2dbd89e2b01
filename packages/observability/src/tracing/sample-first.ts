import {
  context,
  createContextKey,
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

const ADMITS = createContextKey("whether a trace may be sampled");

/**
 * The same context, in which a span that would be sampled is so only where `admits` says so, too: it is asked for no other span.
 * For work that another party can bring about, and say of it that it is sampled.
 */
export function samplingWhere(from: Context, admits: () => boolean): Context {
  return from.setValue(ADMITS, admits);
}

/**
 * The same tracer, asked only for spans that are recorded: a trace is recorded where its parent's is, and of those without a
 * parent by `ratio`, from 0 to 1. Of all others a span has its ids and nothing else, at a tenth of what OpenTelemetry's own takes.
 */
export function sampleFirst(recording: Tracer, ratio: number): Tracer {
  const ids = createIdSource();

  function startSpan(name: string, options: SpanOptions = {}, from: Context = context.active()): Span {
    const parent = options.root === true ? undefined : validSpanContext(from);
    const isWanted =
      parent === undefined ? ids.chance() < ratio : (parent.traceFlags & TraceFlags.SAMPLED) !== 0;
    const admits = from.getValue(ADMITS) as (() => boolean) | undefined;
    return isWanted && (admits === undefined || admits())
      ? recording.startSpan(name, options, from)
      : trace.wrapSpanContext(unsampled(parent));
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
