const PREFIX = "io.modelcontextprotocol/";

/** The key in `params._meta` that makes a request one of a stateless revision. */
export const VERSION_META_KEY = `${PREFIX}protocolVersion`;
export const CLIENT_INFO_META_KEY = `${PREFIX}clientInfo`;
export const CLIENT_CAPABILITIES_META_KEY = `${PREFIX}clientCapabilities`;
export const SERVER_INFO_META_KEY = `${PREFIX}serverInfo`;
export const LOG_LEVEL_META_KEY = `${PREFIX}logLevel`;
export const RELATED_TASK_META_KEY = `${PREFIX}related-task`;
export const SUBSCRIPTION_ID_META_KEY = `${PREFIX}subscriptionId`;

/** The gateway's own, in `_meta` of results: where the record of the call stands. */
export const AUDIT_META_KEY = "sark/audit";

/** W3C trace context keys, in headers and in `params._meta` alike. */
export const TRACE_KEYS = ["traceparent", "tracestate", "baggage"] as const;
