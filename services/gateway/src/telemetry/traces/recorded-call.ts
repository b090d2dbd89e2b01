import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import { injectContext } from "@sark/observability/tracing";
import type { Caller, CallResult, McpCall } from "../../domain/governance.ts";
import { errorTypeOf } from "./error-type.ts";
import { clientAttributes, endAttributes, nameOf, serverAttributes } from "./call-attributes.ts";
import { AUDIT_OUTCOME, type CallSpan } from "./call-span.ts";
import { settle } from "./settle.ts";
import type { TraceClock } from "./trace-clock.ts";

/** A call whose spans are made while it runs. */
export function recordedCall(
  tracer: Tracer,
  parent: Context,
  server: Span,
  clock: TraceClock,
  { call, caller, transport }: { call: McpCall; caller: Caller; transport: "tcp" | "pipe" },
): CallSpan {
  const serverContext = trace.setSpan(parent, server);
  const ids = server.spanContext();
  server.setAttributes(serverAttributes(call, caller));
  beginWith(tracer, caller, serverContext, clock);
  let client: Span | undefined;
  return {
    traceId: ids.traceId,
    clock,
    mark: () => undefined,
    run: (fn) => context.with(serverContext, fn),
    upstream() {
      const attributes = clientAttributes(call, transport);
      client = tracer.startSpan(
        nameOf(call),
        { kind: SpanKind.CLIENT, attributes, startTime: clock.now() },
        serverContext,
      );
      return injectContext<Record<string, string>>({}, trace.setSpan(serverContext, client));
    },
    end(result, { refusal } = {}) {
      const errorType = refusal ?? errorTypeOf(call, result);
      const endedAt = clock.now();
      for (const span of client === undefined ? [server] : [client, server]) {
        close(span, result, errorType, endedAt);
      }
      return ids;
    },
    // Ends after the call's own span: the response does not wait for it.
    outcome(record) {
      const span = tracer.startSpan(
        "audit",
        { attributes: AUDIT_OUTCOME, startTime: clock.now() },
        serverContext,
      );
      return context.with(trace.setSpan(serverContext, span), () =>
        settle(span, clock, () => record(span.spanContext())),
      );
    },
  };
}

/** The span of what was over before anything was known of the call. */
export function beginWith(
  tracer: Tracer,
  { authentication }: Caller,
  parent: Context,
  clock: TraceClock,
): void {
  if (authentication !== undefined) {
    const { startedAt, endedAt } = authentication;
    tracer.startSpan("authenticate", { startTime: clock.at(startedAt) }, parent).end(clock.at(endedAt));
  }
}

function close(span: Span, result: CallResult, errorType: string | null, endedAt: number): void {
  if (errorType !== null) {
    span.setStatus({
      code: SpanStatusCode.ERROR,
      ...(result.message === undefined ? {} : { message: result.message }),
    });
  }
  const attributes: Attributes = endAttributes(result, errorType);
  span.setAttributes(attributes).end(endedAt);
}
