import type { JsonRpcRequest } from "../../domain/json-rpc.ts";
import { isJsonObject } from "@sark/json";
import type { Upstream } from "../../domain/upstream.ts";
import { TRACE_KEYS } from "../../mcp-protocol/vocabulary/meta-keys.ts";
import type { Era } from "../../mcp-protocol/rules/revision.ts";

/** W3C trace context by key: `traceparent`, `tracestate`, `baggage`. */
export type TraceContext = Readonly<Record<string, string>>;

/** What decides how trace context travels to a server. */
export interface TraceRoute {
  readonly upstream: Pick<Upstream, "transport" | "propagateTrace">;
  readonly era: Era;
  /** The client sent trace context in its HTTP headers. */
  readonly clientTraces: boolean;
}

const NONE: TraceContext = {};

/** What goes into the headers of the exchange; a stdio server has none, so nothing is lost there. */
export function headerTrace({ upstream }: TraceRoute, context: TraceContext): TraceContext {
  return upstream.propagateTrace ? context : NONE;
}

/**
 * What the trace keys of `params._meta` are to be; `null` leaves `_meta` as the client wrote it.
 *
 * Context that the client put there is replaced by the gateway's, so that spans join up. It is added only where
 * `_meta` is the place for it: in the stateless era, whose requests all have a `_meta`, and over stdio, which has no
 * headers. Servers of the session era over HTTP may take a request with `_meta` for a stateless one and refuse it.
 * `initialize` stays as it is everywhere, for a server chooses the era by it. Where neither the client nor the
 * sampler asked for a trace there is nothing worth adding.
 */
export function metaTrace(
  { upstream, era, clientTraces }: TraceRoute,
  { method, params }: JsonRpcRequest,
  context: TraceContext,
): TraceContext | null {
  const meta = params?.["_meta"];
  const present = isJsonObject(meta) && TRACE_KEYS.some((key) => Object.hasOwn(meta, key));
  if (!upstream.propagateTrace) {
    return present ? NONE : null;
  }
  if (!TRACE_KEYS.some((key) => context[key] !== undefined)) {
    return null;
  }
  if (present) {
    return context;
  }
  const place = method !== "initialize" && (era === "stateless" || upstream.transport === "pipe");
  return place && (clientTraces || isSampled(context)) ? context : null;
}

/** The lowest bit of the flags at the end (W3C Trace Context §3.2.2.5). */
function isSampled({ traceparent }: TraceContext): boolean {
  return traceparent !== undefined && (Number.parseInt(traceparent.slice(-2), 16) & 1) === 1;
}
