import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { context, createContextKey, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { runInContext } from "../../logging/context.ts";
import type { Logger } from "../../logging/logger.ts";
import type { Recorder } from "../../metrics/recorder-types.ts";
import { extractContext } from "../../tracing/propagation.ts";
import type { Tracing } from "../../tracing/start-tracing.ts";
import { recordError } from "../../tracing/with-span.ts";
import { bindEvents } from "./bind-events.ts";
import { knownMethod, type HttpServerCatalog } from "./catalog.ts";
import { errorTypeOf, requestAttributes, responseAttributes, spanName } from "./request-span.ts";

/** Responds to a request. It may return before it has; where it returns a promise, its rejection is a failure. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

interface RequestState {
  route: string | null;
}
const STATE = createContextKey("request of @sark/observability");

/**
 * Says which route serves the request in whose context this is called, as `/orders/:id`: its span and its metrics have
 * that name then. Without it they say the method alone.
 */
export function setRoute(route: string): void {
  const state = context.active().getValue(STATE) as RequestState | undefined;
  if (state !== undefined) {
    state.route = route;
  }
}

export interface ServeDependencies {
  readonly logger: Logger;
  readonly tracing: Tracing;
  readonly recorder: Recorder<HttpServerCatalog>;
  /** Requests that take longer are traced though they were not sampled; so are those that fail. */
  readonly slowerThanMs: number;
}

/**
 * A handler of requests, with a span, a duration and an id for each: the id is on every line that is logged meanwhile, and
 * in the header `x-correlation-id` of the response. What the handler throws is logged and becomes a 500.
 */
export function createServe(deps: ServeDependencies): (handler: RequestHandler) => RequestListener {
  const { tracing, recorder, slowerThanMs } = deps;
  const logger = deps.logger.child({ component: "http" });

  function serve(handler: RequestHandler, request: IncomingMessage, response: ServerResponse): void {
    const startedAt = performance.now();
    const parent = extractContext(request.headers as Readonly<Record<string, string | undefined>>);
    const span = tracing.tracer.startSpan(
      spanName(request, null),
      { kind: SpanKind.SERVER, attributes: requestAttributes(request) },
      parent,
    );
    const state: RequestState = { route: null };
    let failure: string | null = null;
    const method = knownMethod(request.method ?? "");
    recorder.adjust("http_server_active_requests", { http_request_method: method }, 1);
    const correlationId = randomUUID();
    response.setHeader("x-correlation-id", correlationId);

    function end(): void {
      const endedAt = performance.now();
      const { route } = state;
      recorder.adjust("http_server_active_requests", { http_request_method: method }, -1);
      const attributes = responseAttributes(response, route, failure);
      const errorType = errorTypeOf(response, failure);
      const ids = span.spanContext();
      let isTraced = span.isRecording();
      if (isTraced) {
        span.updateName(spanName(request, route)).setAttributes(attributes);
        if (errorType !== null) {
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
      } else if (errorType !== null || endedAt - startedAt > slowerThanMs) {
        isTraced =
          tracing.late?.record(ids, parent, {
            name: spanName(request, route),
            kind: SpanKind.SERVER,
            startedAt,
            endedAt,
            attributes: { ...requestAttributes(request), ...attributes },
            ...(errorType === null ? {} : { error: errorType }),
          }) ?? false;
      }
      span.end();
      recorder.observe(
        "http_server_request_duration_seconds",
        {
          http_request_method: method,
          http_route: route,
          http_response_status_code: response.headersSent ? String(response.statusCode) : null,
        },
        (endedAt - startedAt) / 1_000,
        isTraced ? ids : undefined,
      );
    }

    function fail(error: unknown): void {
      failure = error instanceof Error ? error.name : "Error";
      recordError(span, error);
      logger.error({ error }, "the request failed");
      if (response.headersSent) {
        response.destroy();
      } else {
        response.writeHead(500, { "content-type": "application/json" }).end('{"error":"internal error"}');
      }
    }

    const active = trace.setSpan(parent, span).setValue(STATE, state);
    runInContext({ correlation_id: correlationId }, () =>
      context.with(active, () => {
        bindEvents(request);
        bindEvents(response);
        response.once("close", end);
        try {
          Promise.resolve(handler(request, response)).catch(fail);
        } catch (error) {
          fail(error);
        }
      }),
    );
  }

  return (handler) => (request, response) => serve(handler, request, response);
}
