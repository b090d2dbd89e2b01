import { context, SpanKind, trace, type Attributes, type Span, type Tracer } from "@opentelemetry/api";
import { extractContext } from "@sark/observability/tracing";
import type { Caller } from "../../domain/governance.ts";
import { denialAttributes } from "./call-attributes.ts";
import type { StageParent } from "./call-span.ts";
import type { ExtraTraces } from "./extra-traces.ts";
import { beginWith } from "./recorded-call.ts";
import { errorCode, settle } from "./settle.ts";
import { createStageTimes } from "./stage-times.ts";
import { createTraceClock } from "./trace-clock.ts";

/** How a request of the REST API that asks for a decision ended. */
export interface RequestEndings<T> {
  /** The reason code in a result that denies. */
  denial(result: T): string | null;
  /** Whether what was thrown is a refusal, and no fault. */
  isRefusal(error: unknown): boolean;
}

/** Runs a REST request in a SERVER span, child of the caller's trace. */
export type TraceRequest = <T>(
  name: string,
  caller: Caller,
  fn: (span: StageParent) => Promise<T>,
  endings: RequestEndings<T>,
) => Promise<T>;

export function createRequestTracing(tracer: Tracer, extra: ExtraTraces | null): TraceRequest {
  return (name, caller, fn, endings) => {
    const parent = extractContext(caller.traceHeaders);
    const clock = createTraceClock();
    const startTime = clock.at(caller.authentication?.startedAt ?? performance.now());
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, startTime }, parent);
    const active = trace.setSpan(parent, span);
    const run: StageParent["run"] = (work) => context.with(active, work);
    const attributes = requestAttributes(caller);
    if (span.isRecording()) {
      span.setAttributes(attributes);
      beginWith(tracer, caller, active, clock);
      const { traceId } = span.spanContext();
      const stages: StageParent = { traceId, clock, mark: () => undefined, run };
      return run(() =>
        settle(
          span,
          clock,
          () => fn(stages),
          (result) => saidBy(endings.denial(result)),
        ),
      );
    }
    return extra === null
      ? run(() => fn(unsampled(span, run)))
      : run(() => considered({ name, caller, span, attributes, extra, run }, fn, endings));
  };

  async function considered<T>(
    request: {
      readonly name: string;
      readonly caller: Caller;
      readonly span: Span;
      readonly attributes: Attributes;
      readonly extra: ExtraTraces;
      readonly run: StageParent["run"];
    },
    fn: (span: StageParent) => Promise<T>,
    { denial, isRefusal }: RequestEndings<T>,
  ): Promise<T> {
    const { name, caller, span } = request;
    const stages = createStageTimes(name, caller.authentication);
    const consider = (refused: string | null, error: string | null) => {
      const record = request.extra.consider({
        refused: refused !== null,
        failed: error !== null,
        seconds: stages.seconds(),
      });
      record?.(span.spanContext(), extractContext(caller.traceHeaders), {
        name,
        kind: SpanKind.SERVER,
        ...stages.spans({ endedAt: performance.now(), attributes: {} }, []),
        attributes: {
          ...request.attributes,
          ...saidBy(refused),
          ...(error === null ? {} : { "error.type": error }),
        },
        ...(error === null ? {} : { error }),
      });
    };
    try {
      const result = await fn(unsampled(span, request.run, stages.begin));
      consider(denial(result), null);
      return result;
    } catch (error) {
      const code = errorCode(error);
      if (isRefusal(error)) {
        consider(code, null);
      } else {
        consider(null, code);
      }
      throw error;
    }
  }
}

function unsampled(
  span: Span,
  run: StageParent["run"],
  mark: StageParent["mark"] = () => undefined,
): StageParent {
  return { traceId: span.spanContext().traceId, clock: null, mark, run };
}

function saidBy(denial: string | null): Attributes {
  return denial === null ? {} : denialAttributes(denial);
}

function requestAttributes({ clientAddress }: Caller): Attributes {
  return { "network.protocol.name": "http", "client.address": clientAddress };
}
