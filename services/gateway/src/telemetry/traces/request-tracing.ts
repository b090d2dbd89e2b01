import type { IncomingMessage, ServerResponse } from "node:http";
import {
  context,
  createContextKey,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import { createRequestSlot } from "@sark/http-service";
import { extractContext, type LateSpan } from "@sark/observability/tracing";
import type { Caller } from "../../domain/governance.ts";
import { denialAttributes } from "./call-attributes.ts";
import type { TraceIds } from "./call-span.ts";
import type { ExtraTraces } from "./extra-traces.ts";
import { beginWith } from "./recorded-call.ts";
import { createTraceClock, type TraceClock } from "./trace-clock.ts";

/** What a request of the REST API was refused with, or failed by. */
export interface RequestFailure {
  readonly status: number;
  readonly code: string;
}

/** SERVER spans of requests of the REST API, from when they came until their responses have ended. */
export interface RequestTracing {
  /** A request whose caller is known now. `route` is its template, such as `/api/v1/audit/events/:id`. */
  begin(request: IncomingMessage, route: string, caller: Caller): void;
  /** Runs what serves the request in its span. */
  run<T>(request: IncomingMessage, serve: () => T): T;
  /** Told of what went wrong, before the response says so. */
  failed(request: IncomingMessage, failure: RequestFailure): void;
  /** Its response is over. The ids by which its trace can be looked up; `null` where it is not kept. */
  end(request: IncomingMessage, response: ServerResponse): TraceIds | null;
}

/** A request while it is served. */
export interface TracedRequest {
  readonly traceId: string;
  /** The times of its spans; `null` where its trace is not sampled, and has none. */
  readonly clock: TraceClock | null;
  /** Spans below the request's that are known once they are over, where it is not sampled. */
  readonly parts: LateSpan[];
  /** Whether a part of it is a denial. */
  isRefused: boolean;
}

interface Served extends TracedRequest {
  readonly name: string;
  readonly method: string;
  readonly route: string;
  readonly caller: Caller;
  readonly span: Span;
  readonly parent: Context;
  readonly startedAt: number;
  failure: RequestFailure | null;
}

const SERVED = createContextKey("request of the REST API");

/** The request that is served where this is called. */
export function tracedRequest(): TracedRequest | undefined {
  return context.active().getValue(SERVED) as TracedRequest | undefined;
}

export function createRequestTracing(tracer: Tracer, extra: ExtraTraces | null): RequestTracing {
  const requests = createRequestSlot<Served>("trace");

  function end(served: Served, response: ServerResponse): TraceIds | null {
    const endedAt = performance.now();
    const { span, failure, startedAt, caller } = served;
    const status = response.headersSent ? response.statusCode : null;
    const refusal = failure !== null && REFUSALS.has(failure.status) ? failure.code : null;
    // Invalid requests are their clients' matter; an export that breaks off has its status already.
    const error =
      failure !== null && failure.status >= 500
        ? failure.code
        : status !== null && status >= 500
          ? String(status)
          : null;
    // Nothing of it is made for those of which nothing is kept.
    const attributes = (): Attributes => ({
      ...attributesOf(served),
      ...(status === null ? {} : { "http.response.status_code": status }),
      ...(refusal === null ? {} : denialAttributes(refusal)),
      ...(error === null ? {} : { "error.type": error }),
    });
    if (served.clock !== null) {
      if (error !== null) {
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.setAttributes(attributes()).end(served.clock.at(endedAt));
      return span.spanContext();
    }
    const record =
      extra?.consider({
        refused: refusal !== null || served.isRefused,
        failed: error !== null,
        seconds: (endedAt - startedAt) / 1_000,
      }) ?? null;
    if (record === null) {
      return null;
    }
    record(span.spanContext(), served.parent, {
      name: served.name,
      kind: SpanKind.SERVER,
      startedAt,
      endedAt,
      attributes: attributes(),
      ...(error === null ? {} : { error }),
      children: [...authenticationOf(caller), ...served.parts],
    });
    return span.spanContext();
  }

  return {
    begin(request, route, caller) {
      const { method = "" } = request;
      const parent = extractContext(caller.traceHeaders);
      const startedAt = caller.authentication?.startedAt ?? performance.now();
      const clock = createTraceClock();
      const name = `${method} ${route}`;
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER, startTime: clock.at(startedAt) }, parent);
      const isRecorded = span.isRecording();
      const served: Served = {
        name,
        method,
        route,
        caller,
        span,
        parent,
        startedAt,
        traceId: span.spanContext().traceId,
        clock: isRecorded ? clock : null,
        parts: [],
        isRefused: false,
        failure: null,
      };
      if (isRecorded) {
        beginWith(tracer, caller, trace.setSpan(ROOT_CONTEXT, span), clock);
      }
      requests.set(request, served);
    },
    run(request, serve) {
      const served = requests.get(request);
      if (served === undefined) {
        return serve();
      }
      const { parent, span } = served;
      return context.with(trace.setSpan(parent, span).setValue(SERVED, served), serve);
    },
    failed(request, failure) {
      const served = requests.get(request);
      if (served !== undefined) {
        served.failure = failure;
      }
    },
    end(request, response) {
      const served = requests.get(request);
      return served === undefined ? null : end(served, response);
    },
  };
}

function attributesOf({ method, route, caller }: Served): Attributes {
  return {
    "http.request.method": method,
    "http.route": route,
    "network.protocol.name": "http",
    "client.address": caller.clientAddress,
  };
}

/** By policy, role or tenant, and by a limit. */
const REFUSALS: ReadonlySet<number> = new Set([403, 429]);

function authenticationOf({ authentication }: Caller): LateSpan[] {
  return authentication === undefined ? [] : [{ name: "authenticate", ...authentication }];
}
