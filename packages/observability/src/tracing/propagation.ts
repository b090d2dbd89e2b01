import { context, ROOT_CONTEXT, type Context } from "@opentelemetry/api";
import { trustworthyCarrier } from "./trustworthy-carrier.ts";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";

/** W3C trace context in any string map: HTTP headers, or the `_meta` of an MCP message. */
export type Carrier = Readonly<Record<string, string | undefined>>;

const propagator = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
});

/**
 * The caller's `traceparent`, `tracestate` and `baggage` (lower-case names). Absent ones give an empty context, and so do
 * those that are not as W3C has them, too large, or could be read in two ways.
 */
export function extractContext(carrier: Carrier): Context {
  // Most requests bring neither, and the state of a trace says nothing without the trace.
  if (carrier["traceparent"] === undefined && carrier["baggage"] === undefined) {
    return ROOT_CONTEXT;
  }
  return propagator.extract(ROOT_CONTEXT, trustworthyCarrier(carrier), {
    keys: (map: Carrier) => Object.keys(map),
    get: (map: Carrier, key) => map[key],
  });
}

/** Writes the trace context in force (or the one given) into the carrier, and returns it. */
export function injectContext<T extends Record<string, string | undefined>>(
  carrier: T,
  from: Context = context.active(),
): T {
  propagator.inject(from, carrier, {
    set: (map: Record<string, string | undefined>, key, value) => {
      map[key] = value;
    },
  });
  return carrier;
}
