import type { IncomingMessage, ServerResponse } from "node:http";
import { context, createContextKey, SpanKind, type SpanContext } from "@opentelemetry/api";
import { extractContext } from "../../tracing/propagation.ts";
import { beginWork, type WorkTracing } from "../../tracing/work-span.ts";
import { bindEvents } from "./bind-events.ts";
import { errorTypeOf, requestAttributes, responseAttributes, spanName } from "./request-span.ts";

interface RequestState {
  route: string | null;
  failure: string | null;
}
const STATE = createContextKey("request of @sark/observability");
const stateOf = () => context.active().getValue(STATE) as RequestState | undefined;

/**
 * Says which route serves the request in whose context this is called, as `/orders/:id`: its span and its metrics have
 * that name then. Without it they say the method alone.
 */
export function setRoute(route: string): void {
  const state = stateOf();
  if (state !== undefined) {
    state.route = route;
  }
}

/** Says why that request fails, as a code or the name of an error: its span is one of an error then. */
export function setFailure(errorType: string): void {
  const state = stateOf();
  if (state !== undefined) {
    state.failure = errorType;
  }
}

/** A request that is over. */
export interface ServedRequest {
  readonly route: string | null;
  readonly seconds: number;
  /** The ids by which its trace can be looked up, where it is kept. */
  readonly traced: SpanContext | undefined;
}

export interface RunOptions {
  /** Told when the response is over, or its client has left. */
  ended?(served: ServedRequest): void;
  /**
   * Whether the request may be sampled; asked where it would be. Who sends it is not known yet, and may say that all that it sends is
   * sampled. Default: always.
   */
  admits?(): boolean;
}

/** SERVER spans of requests, from their head until their responses have ended. */
export interface RequestSpans {
  /**
   * Runs what serves the request in a span that continues the caller's trace; what happens to request and response later runs
   * in it, too.
   */
  run(request: IncomingMessage, response: ServerResponse, serve: () => void, options?: RunOptions): void;
  /** The ids by which the trace of a request that is over can be looked up; `undefined` where it is not kept. */
  traced(request: IncomingMessage): SpanContext | undefined;
}

/** Requests that are not sampled are recorded where they fail with 5xx, or take longer than `slowerThanMs`. */
export function createRequestSpans(deps: WorkTracing): RequestSpans {
  const kept = new WeakMap<IncomingMessage, SpanContext>();
  return {
    run(request, response, serve, { ended, admits } = {}) {
      const startedAt = performance.now();
      const state: RequestState = { route: null, failure: null };
      const work = beginWork(deps, spanName(request, null), {
        kind: SpanKind.SERVER,
        attributes: () => requestAttributes(request),
        parent: extractContext(request.headers as Readonly<Record<string, string | undefined>>),
        ...(admits === undefined ? {} : { admits }),
      });
      context.with(work.context.setValue(STATE, state), () => {
        bindEvents(request);
        bindEvents(response);
        response.once("close", () => {
          const { route, failure } = state;
          const traced = work.end({
            name: spanName(request, route),
            attributes: responseAttributes(response, route, failure),
            error: errorTypeOf(response, failure),
          });
          if (traced !== undefined) {
            kept.set(request, traced);
          }
          ended?.({ route, traced, seconds: (performance.now() - startedAt) / 1_000 });
        });
        serve();
      });
    },
    traced: (request) => kept.get(request),
  };
}
