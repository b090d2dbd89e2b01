import {
  context,
  createContextKey,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type SpanContext,
  type SpanKind,
} from "@opentelemetry/api";
import { writeSpan, type LateSpan } from "./late-spans.ts";
import { samplingWhere } from "./sample-first.ts";
import type { Tracing } from "./start-tracing.ts";

/** What a piece of work is begun with. */
export interface WorkSettings {
  readonly kind?: SpanKind;
  /** Asked once, when it is over and recorded. */
  attributes?(): Attributes;
  readonly links?: Link[];
  /** Context of the parent; default: the active one. */
  readonly parent?: Context;
  /** Whether it may be sampled; asked where it would be. Default: always. */
  admits?(): boolean;
}

/** How a piece of work ended. */
export interface WorkEnding {
  /** Where it is known only now. */
  readonly name?: string;
  readonly attributes?: Attributes;
  /** What went wrong: the status is an error then. */
  readonly error?: string | null;
}

/** A piece of work, as a request or a job, that is traced where it is sampled, where it fails, and where it is slow. */
export interface WorkSpan {
  /** To run the work in. */
  readonly context: Context;
  /** Ends it. The ids by which its trace can be looked up; `undefined` where it is not kept. */
  end(ending?: WorkEnding): SpanContext | undefined;
}

/** Parts of one piece of work that are remembered for a trace that turns out to be worth it. */
const MAX_PARTS = 100;
const PARTS = createContextKey("parts of work that is not sampled");
type Part = () => LateSpan;

/** What pieces of work are traced with. */
export interface WorkTracing {
  readonly tracing: Pick<Tracing, "tracer" | "late">;
  /** Work that takes longer is recorded though it was not sampled, in milliseconds. */
  readonly slowerThanMs: number;
}

/** Begins a piece of work. Until it is over, one that is not sampled costs its ids and a list. */
export function beginWork(
  { tracing, slowerThanMs }: WorkTracing,
  name: string,
  { kind, links, attributes = () => ({}), parent = context.active(), admits }: WorkSettings = {},
): WorkSpan {
  const startedAt = performance.now();
  const settings = { ...(kind === undefined ? {} : { kind }), ...(links === undefined ? {} : { links }) };
  const span = tracing.tracer.startSpan(
    name,
    settings,
    admits === undefined ? parent : samplingWhere(parent, admits),
  );
  const isRecording = span.isRecording();
  const parts: Part[] = [];
  const own = trace.setSpan(parent, span);
  return {
    context: isRecording || tracing.late === null ? own : own.setValue(PARTS, parts),
    end(ending = {}) {
      const { error = null } = ending;
      if (isRecording) {
        span.setAttributes({ ...attributes(), ...ending.attributes });
        if (ending.name !== undefined) {
          span.updateName(ending.name);
        }
        if (error !== null) {
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
        span.end();
        return span.spanContext();
      }
      const endedAt = performance.now();
      if (error === null && endedAt - startedAt <= slowerThanMs) {
        return undefined;
      }
      const record = tracing.late?.admit() ?? null;
      record?.(span.spanContext(), parent, {
        ...settings,
        name: ending.name ?? name,
        startedAt,
        endedAt,
        attributes: { ...attributes(), ...ending.attributes },
        ...(error === null ? {} : { error }),
        children: parts.map((part) => part()),
      });
      return record === null ? undefined : span.spanContext();
    },
  };
}

/**
 * Adds a part that is over, as a statement, to the work in whose context this is called. Of work that is not sampled the first
 * hundred are kept until its end; nothing is made of them unless it is recorded.
 */
export function addPart(tracing: Pick<Tracing, "tracer">, part: Part): void {
  const active = context.active();
  if (trace.getSpan(active)?.isRecording() === true) {
    writeSpan(tracing.tracer, active, part(), Date.now() - performance.now());
    return;
  }
  const parts = active.getValue(PARTS) as Part[] | undefined;
  if (parts !== undefined && parts.length < MAX_PARTS) {
    parts.push(part);
  }
}
