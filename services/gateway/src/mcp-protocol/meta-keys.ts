/** The key in `params._meta` that makes a request one of 2026-07-28 or later. */
export const VERSION_META_KEY = "io.modelcontextprotocol/protocolVersion";

/** W3C trace context keys, in headers and in `params._meta` alike. */
export const TRACE_KEYS = ["traceparent", "tracestate", "baggage"] as const;
