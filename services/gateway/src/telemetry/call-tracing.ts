import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import { extractContext, injectContext } from "@sark/observability/tracing";
import type { Caller, CallResult, McpCall } from "../domain/governance.ts";
import { isJsonObject, type JsonObject } from "@sark/json";
import { TRACE_KEYS } from "../mcp-protocol/vocabulary/meta-keys.ts";
import { errorTypeOf } from "./call-events.ts";
import type { ExtraTraces, RanSpan } from "./extra-traces.ts";
import { createStageTimes, type StageTimes } from "./stage-times.ts";

/** The spans of one call: SERVER for its receipt, CLIENT toward the upstream, internal ones for policy and audit. */
export interface CallSpan {
  readonly traceId: string | undefined;
  /** Whether its trace is sampled. */
  readonly recording: boolean;
  /** A stage begins, where nothing is recorded: the one before is over. */
  mark(stage: string): void;
  /** Begins the upstream part; `traceparent`, `tracestate` and `baggage` to send along. */
  upstream(): Readonly<Record<string, string>>;
  run<T>(fn: () => T): T;
  /** `refusal` is the reason code when the gateway itself ended the call. */
  end(result: CallResult, refusal?: string): void;
}

export interface CallTracing {
  start(call: McpCall, caller: Caller, transport: "tcp" | "pipe"): CallSpan;
  /** Runs a REST request in a SERVER span, child of the caller's trace. `denial` is the reason code in a result that denies. */
  request<T>(
    name: string,
    caller: Caller,
    fn: () => Promise<T>,
    denial?: (result: T) => string | null,
  ): Promise<T>;
  /** Runs a stage in a span of its own, below the call's, or below the span in force. */
  stage<T>(name: string, span: CallSpan | null, fn: () => Promise<T>): Promise<T>;
}

/**
 * Attribute names: OpenTelemetry semantic conventions for MCP. Of a call that is not sampled nothing is kept but the
 * times at which its stages began: `extra` gets to know of it when it is over.
 */
export function createCallTracing(tracer: Tracer, extra: ExtraTraces | null = null): CallTracing {
  return {
    start(call, caller, transport) {
      const { parent, links } = parentOf(call, caller);
      const name = nameOf(call);
      const server = tracer.startSpan(name, { kind: SpanKind.SERVER, links }, parent);
      const serverContext = trace.setSpan(parent, server);
      const ids = server.spanContext();
      const traceId = trace.isSpanContextValid(ids) ? ids.traceId : undefined;
      const run: CallSpan["run"] = (fn) => context.with(serverContext, fn);
      if (!server.isRecording()) {
        const stages = extra === null ? null : createStageTimes();
        return {
          traceId,
          recording: false,
          mark: (stage) => stages?.begin(stage),
          upstream() {
            stages?.begin(name);
            return injectContext<Record<string, string>>({}, serverContext);
          },
          run,
          end(result, refusal) {
            if (extra === null || stages === null) {
              return;
            }
            const errorType = refusal ?? errorTypeOf(call, result);
            const refused = refusal !== undefined;
            // People change their minds: that is an outcome, and no error.
            const failed = errorType !== null && result.outcome !== "cancelled";
            extra.consider({ refused, failed, seconds: secondsOf(call, stages) }, () => {
              const attributes = { ...attributesOf(call, transport), ...endOf(result, errorType) };
              const ended = {
                attributes,
                ...(errorType === null ? {} : { error: result.message ?? errorType }),
              };
              const span = { name, kind: SpanKind.SERVER, links, ...ended, ...stages.spans(name, ended) };
              return { ids, parent, span };
            });
          },
        };
      }
      const attributes = attributesOf(call, transport);
      server.setAttributes(attributes);
      let client: Span | undefined;
      return {
        traceId,
        recording: true,
        mark: () => undefined,
        upstream() {
          client = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, serverContext);
          return injectContext<Record<string, string>>({}, trace.setSpan(serverContext, client));
        },
        run,
        end(result, refusal) {
          const errorType = refusal ?? errorTypeOf(call, result);
          for (const span of client === undefined ? [server] : [client, server]) {
            close(span, result, errorType);
          }
        },
      };
    },
    request(name, caller, fn, denial = () => null) {
      const parent = extractContext(caller.traceHeaders);
      return tracer.startActiveSpan(name, { kind: SpanKind.SERVER }, parent, (span) =>
        span.isRecording()
          ? settle(span, fn, denial)
          : settleUnrecorded({ name, parent, ids: span.spanContext(), extra }, fn, denial),
      );
    },
    stage(name, span, fn) {
      // Below a span that is not recorded nothing is: 99 calls of 100 are spared the work.
      if (span !== null && !span.recording) {
        span.mark(name);
        return fn();
      }
      const inSpan = () =>
        trace.getActiveSpan()?.isRecording() === true
          ? tracer.startActiveSpan(name, (stage) => settle(stage, fn))
          : fn();
      return span === null ? inSpan() : span.run(inSpan);
    },
  };
}

async function settleUnrecorded<T>(
  unrecorded: Omit<RanSpan, "span"> & { readonly name: string; readonly extra: ExtraTraces | null },
  fn: () => Promise<T>,
  denial: (result: T) => string | null,
): Promise<T> {
  const { extra, name, ids, parent } = unrecorded;
  if (extra === null) {
    return fn();
  }
  const startedAt = performance.now();
  const consider = (refused: string | null, error: string | null) => {
    const endedAt = performance.now();
    const ending = {
      refused: refused !== null,
      failed: error !== null,
      seconds: (endedAt - startedAt) / 1_000,
    };
    extra.consider(ending, () => {
      const attributes: Attributes = {
        ...(refused === null ? {} : deniedFor(refused)),
        ...(error === null ? {} : { "error.type": error }),
      };
      const failure = error === null ? {} : { error };
      return {
        ids,
        parent,
        span: { name, kind: SpanKind.SERVER, startedAt, endedAt, attributes, ...failure },
      };
    });
  };
  try {
    const result = await fn();
    consider(denial(result), null);
    return result;
  } catch (error) {
    consider(null, errorCode(error));
    throw error;
  }
}

async function settle<T>(
  stage: Span,
  fn: () => Promise<T>,
  denial: (result: T) => string | null = () => null,
): Promise<T> {
  try {
    const result = await fn();
    const code = denial(result);
    if (code !== null) {
      stage.setAttributes(deniedFor(code));
    }
    return result;
  } catch (error) {
    stage.setStatus({ code: SpanStatusCode.ERROR });
    stage.setAttribute("error.type", errorCode(error));
    throw error;
  } finally {
    stage.end();
  }
}

/** A stream that waits for what a server may say is open as long as its client stays: that is not slow. */
function secondsOf({ kind }: McpCall, stages: StageTimes): number {
  return kind === "session" ? 0 : stages.seconds();
}

/** A denial is what was asked for, and no error. */
function deniedFor(code: string): Attributes {
  return { "sark.decision": "deny", "sark.reason_code": code };
}

function errorCode(error: unknown): string {
  return (error as { code?: string }).code ?? "error";
}

function close(span: Span, result: CallResult, errorType: string | null): void {
  if (errorType !== null) {
    span.setStatus({
      code: SpanStatusCode.ERROR,
      ...(result.message === undefined ? {} : { message: result.message }),
    });
  }
  span.setAttributes(endOf(result, errorType));
  span.end();
}

function endOf(result: CallResult, errorType: string | null): Attributes {
  return {
    ...(errorType === null ? {} : { "error.type": errorType }),
    ...(result.errorCode === undefined ? {} : { "rpc.response.status_code": String(result.errorCode) }),
  };
}

function nameOf({ method, target, kind }: McpCall): string {
  return target === null || kind === "resource" ? method : `${method} ${target}`;
}

function attributesOf(call: McpCall, transport: "tcp" | "pipe"): Record<string, string> {
  const attributes: Record<string, string> = {
    "mcp.method.name": call.method,
    "jsonrpc.request.id": String(call.requestId),
    "network.transport": transport,
    "sark.server": call.server,
  };
  if (call.protocolVersion !== null) {
    attributes["mcp.protocol.version"] = call.protocolVersion;
  }
  if (call.sessionId !== null) {
    attributes["mcp.session.id"] = call.sessionId;
  }
  if (call.target === null) {
    return attributes;
  }
  if (call.kind === "tool") {
    attributes["gen_ai.operation.name"] = "execute_tool";
    attributes["gen_ai.tool.name"] = call.target;
  }
  if (call.kind === "prompt") {
    attributes["gen_ai.prompt.name"] = call.target;
  }
  if (call.kind === "resource") {
    attributes["mcp.resource.uri"] = call.target;
  }
  return attributes;
}

/** `_meta` is the parent, since it belongs to the request itself; an HTTP span beside it is linked. */
function parentOf(call: McpCall, caller: Caller): { parent: Context; links: Link[] } {
  const http = extractContext(caller.traceHeaders);
  const meta = metaCarrier(call.meta);
  if (meta === null) {
    return { parent: http, links: [] };
  }
  const httpSpan = trace.getSpanContext(http);
  return { parent: extractContext(meta), links: httpSpan === undefined ? [] : [{ context: httpSpan }] };
}

function metaCarrier(meta: JsonObject | null): Record<string, string> | null {
  if (!isJsonObject(meta) || typeof meta["traceparent"] !== "string") {
    return null;
  }
  const carrier: Record<string, string> = {};
  for (const key of TRACE_KEYS) {
    const value = meta[key];
    if (typeof value === "string") {
      carrier[key] = value;
    }
  }
  return carrier;
}
