import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Link,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import { extractContext, injectContext } from "@sark/observability/tracing";
import type { Caller, CallResult, McpCall } from "../domain/governance.ts";
import { isJsonObject, type JsonObject } from "../domain/json.ts";
import { TRACE_KEYS } from "../mcp-protocol/vocabulary/meta-keys.ts";
import { errorTypeOf } from "./call-events.ts";

/** The spans of one call: SERVER for its receipt, CLIENT toward the upstream, internal ones for policy and audit. */
export interface CallSpan {
  readonly traceId: string | undefined;
  /** Begins the upstream part; `traceparent`, `tracestate` and `baggage` to send along. */
  upstream(): Readonly<Record<string, string>>;
  run<T>(fn: () => T): T;
  /** `refusal` is the reason code when the gateway itself ended the call. */
  end(result: CallResult, refusal?: string): void;
}

export interface CallTracing {
  start(call: McpCall, caller: Caller, transport: "tcp" | "pipe"): CallSpan;
  /** Runs a REST request in a SERVER span, child of the caller's trace. */
  request<T>(name: string, caller: Caller, fn: () => Promise<T>): Promise<T>;
  /** Runs a stage in a span of its own, below the call's, or below the span in force. */
  stage<T>(name: string, span: CallSpan | null, fn: () => Promise<T>): Promise<T>;
}

/** Attribute names: OpenTelemetry semantic conventions for MCP. */
export function createCallTracing(tracer: Tracer): CallTracing {
  return {
    start(call, caller, transport) {
      const { parent, links } = parentOf(call, caller);
      const name =
        call.target === null || call.kind === "resource" ? call.method : `${call.method} ${call.target}`;
      const attributes = attributesOf(call, transport);
      const server = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes, links }, parent);
      const serverContext = trace.setSpan(parent, server);
      let client: Span | undefined;
      return {
        traceId: trace.isSpanContextValid(server.spanContext()) ? server.spanContext().traceId : undefined,
        upstream() {
          client = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, serverContext);
          const carrier: Record<string, string> = {};
          context.with(trace.setSpan(serverContext, client), () => injectContext(carrier));
          return carrier;
        },
        run: (fn) => context.with(serverContext, fn),
        end(result, refusal) {
          const errorType = refusal ?? errorTypeOf(call, result);
          for (const span of client === undefined ? [server] : [client, server]) {
            close(span, result, errorType);
          }
        },
      };
    },
    request(name, caller, fn) {
      const parent = extractContext(caller.traceHeaders);
      return tracer.startActiveSpan(name, { kind: SpanKind.SERVER }, parent, (span) => settle(span, fn));
    },
    stage(name, span, fn) {
      const inSpan = () =>
        // Below a span that is not recorded nothing is: 99 calls of 100 are spared the work.
        trace.getActiveSpan()?.isRecording() === true
          ? tracer.startActiveSpan(name, (stage) => settle(stage, fn))
          : fn();
      return span === null ? inSpan() : span.run(inSpan);
    },
  };
}

async function settle<T>(stage: Span, fn: () => Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    stage.setStatus({ code: SpanStatusCode.ERROR });
    stage.setAttribute("error.type", (error as { code?: string }).code ?? "error");
    throw error;
  } finally {
    stage.end();
  }
}

function close(span: Span, result: CallResult, errorType: string | null): void {
  if (errorType !== null) {
    span.setAttribute("error.type", errorType);
    span.setStatus({
      code: SpanStatusCode.ERROR,
      ...(result.message === undefined ? {} : { message: result.message }),
    });
  }
  if (result.errorCode !== undefined) {
    span.setAttribute("rpc.response.status_code", String(result.errorCode));
  }
  span.end();
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
