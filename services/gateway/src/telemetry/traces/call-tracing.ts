import { SpanKind, type Attributes, type Tracer } from "@opentelemetry/api";
import type { Awaitable } from "../../domain/awaitable.ts";
import type { Caller, McpCall } from "../../domain/governance.ts";
import { nameOf } from "./call-attributes.ts";
import type { CallSpan, StageParent } from "./call-span.ts";
import type { ExtraTraces } from "./extra-traces.ts";
import { recordedCall } from "./recorded-call.ts";
import { createDecisionTracing, type TraceDecision } from "./decision-tracing.ts";
import { settle } from "./settle.ts";
import { createTraceClock } from "./trace-clock.ts";
import { parentOf } from "./trace-parent.ts";
import { unrecordedCall } from "./unrecorded-call.ts";

/** What a stage says of itself: at its begin, and of its result. */
export interface StageDetails<T> {
  readonly attributes?: Attributes;
  said?(result: T): Attributes;
}

export interface CallTracing {
  start(call: McpCall, caller: Caller, transport: "tcp" | "pipe"): CallSpan;
  readonly decision: TraceDecision;
  /** Runs a stage in a span of its own. One that is not recorded, and waits for nothing, is over when this returns. */
  stage<T>(
    name: string,
    parent: StageParent,
    fn: () => Awaitable<T>,
    details?: StageDetails<T>,
  ): Awaitable<T>;
}

/**
 * Names and attributes: OpenTelemetry's semantic conventions for MCP. Of a call that is not sampled nothing is kept but the
 * times at which its stages began: `extra` gets to know of it when it is over.
 */
export function createCallTracing(tracer: Tracer, extra: ExtraTraces | null = null): CallTracing {
  return {
    start(call, caller, transport) {
      const { parent, links } = parentOf(call, caller);
      const clock = createTraceClock();
      const startTime = clock.at(caller.authentication?.startedAt ?? performance.now());
      const server = tracer.startSpan(nameOf(call), { kind: SpanKind.SERVER, links, startTime }, parent);
      const governed = { call, caller, transport };
      return server.isRecording()
        ? recordedCall(tracer, parent, server, clock, governed)
        : unrecordedCall({ parent, links, server }, governed, extra);
    },
    decision: createDecisionTracing(tracer),
    stage(name, parent, fn, { attributes, said } = {}) {
      // Below a span that is not recorded nothing is: 99 calls of 100 are spared the work.
      const { clock } = parent;
      if (clock === null) {
        parent.mark(name, attributes);
        return fn();
      }
      return parent.run(() =>
        tracer.startActiveSpan(
          name,
          { startTime: clock.now(), ...(attributes === undefined ? {} : { attributes }) },
          (span) => settle(span, clock, fn, said),
        ),
      );
    },
  };
}
