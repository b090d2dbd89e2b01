import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { trace } from "@opentelemetry/api";
import { runInContext } from "../../logging/context.ts";
import type { Logger } from "../../logging/logger.ts";
import type { Recorder } from "../../metrics/recorder-types.ts";
import type { Tracing } from "../../tracing/start-tracing.ts";
import { recordError } from "../../tracing/with-span.ts";
import { knownMethod, type HttpServerCatalog } from "./catalog.ts";
import { createRequestSpans, setFailure, type ServedRequest } from "./request-spans.ts";

/** Responds to a request. It may return before it has; where it returns a promise, its rejection is a failure. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

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
  const { recorder } = deps;
  const logger = deps.logger.child({ component: "http" });
  const spans = createRequestSpans(deps);

  function serve(handler: RequestHandler, request: IncomingMessage, response: ServerResponse): void {
    const method = knownMethod(request.method ?? "");
    recorder.adjust("http_server_active_requests", { http_request_method: method }, 1);
    const correlationId = randomUUID();
    response.setHeader("x-correlation-id", correlationId);

    function ended({ route, seconds, traced }: ServedRequest): void {
      recorder.adjust("http_server_active_requests", { http_request_method: method }, -1);
      recorder.observe(
        "http_server_request_duration_seconds",
        {
          http_request_method: method,
          http_route: route,
          http_response_status_code: response.headersSent ? String(response.statusCode) : null,
        },
        seconds,
        traced,
      );
    }

    function fail(error: unknown): void {
      setFailure(error instanceof Error ? error.name : "Error");
      const span = trace.getActiveSpan();
      if (span !== undefined) {
        recordError(span, error);
      }
      logger.error({ error }, "the request failed");
      if (response.headersSent) {
        response.destroy();
      } else {
        response.writeHead(500, { "content-type": "application/json" }).end('{"error":"internal error"}');
      }
    }

    runInContext({ correlation_id: correlationId }, () =>
      spans.run(
        request,
        response,
        () => {
          try {
            Promise.resolve(handler(request, response)).catch(fail);
          } catch (error) {
            fail(error);
          }
        },
        { ended },
      ),
    );
  }

  return (handler) => (request, response) => serve(handler, request, response);
}
