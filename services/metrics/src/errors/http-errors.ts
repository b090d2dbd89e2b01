import { HttpFailure, type ErrorFormat, type HttpFailureOptions } from "@sark/http-service";

/** Why the service responds with an error, by code. */
export const HTTP_ERRORS = {
  unauthenticated: {
    status: 401,
    title: "Not authenticated",
    meaning: "No credential, or one that is not accepted.",
  },
  authentication_unavailable: {
    status: 503,
    title: "Credentials cannot be checked",
    meaning: "The issuer's keys, or the database with the API keys, cannot be had.",
  },
  forbidden: {
    status: 403,
    title: "Forbidden",
    meaning: "The caller lacks the role, or belongs to no tenant; the message says which.",
  },
  origin_not_allowed: {
    status: 403,
    title: "Origin not allowed",
    meaning: "A browser page of an origin that is not in `http.allowedOrigins`.",
  },
  host_not_allowed: {
    status: 403,
    title: "Host not allowed",
    meaning: "A `Host` that is not in `http.allowedHosts`.",
  },
  invalid_request: {
    status: 400,
    title: "Invalid request",
    meaning: "The message names the field and what is wrong with it.",
  },
  malformed_request: {
    status: 400,
    title: "Malformed request",
    meaning: "What was sent cannot be read as an HTTP request, or can be read as more than one.",
  },
  slow_client: {
    status: 408,
    title: "Request not complete in time",
    meaning: "The request was not complete within `http.headersTimeout` or `http.requestTimeout`.",
  },
  conflict: {
    status: 409,
    title: "Conflict",
    meaning: "There is one of this name already, or it is in a state in which this cannot be done.",
  },
  idempotency_conflict: {
    status: 409,
    title: "Idempotency key used before",
    meaning: "The same `Idempotency-Key` came with another body.",
  },
  upgrade_required: {
    status: 426,
    title: "Upgrade required",
    meaning: "This path is for WebSocket clients (RFC 6455, version 13).",
  },
  too_many_connections: {
    status: 429,
    title: "Too many live connections",
    meaning:
      "The tenant has `live.maxConnectionsPerTenant` connections, or 2,000 tickets that were not used yet.",
  },
  expectation_failed: {
    status: 417,
    title: "Expectation failed",
    meaning: "`Expect` asks for something else than `100-continue`.",
  },
  headers_too_large: {
    status: 431,
    title: "Headers too large",
    meaning: "The head of the request is larger than 16 KiB.",
  },
  not_found: { status: 404, title: "Not found", meaning: "No such path, or no such thing in this tenant." },
  payload_too_large: {
    status: 413,
    title: "Payload too large",
    meaning: "Larger than `http.maxBodySize`, packed or unpacked, or more than `ingest.maxBatch` events.",
  },
  unsupported_media_type: {
    status: 415,
    title: "Unsupported media type",
    meaning: "The body is of a type, or packed in a way, that this endpoint does not take.",
  },
  too_many_requests: {
    status: 429,
    title: "Too many requests in flight",
    meaning: "The caller has `http.maxRequestsPerCaller` requests in flight, or bodies too large together.",
  },
  rate_limited: {
    status: 429,
    title: "Rate limit reached",
    meaning: "The tenant sends more events than `ingest.eventsPerSecond`. Try again after `Retry-After`.",
  },
  quota_exceeded: {
    status: 429,
    title: "Quota of the day reached",
    meaning:
      "The tenant has sent as many new events as its `events_per_day` allows. Nothing of the request was kept. Try again after `Retry-After`: the day of UTC ends.",
  },
  too_many_failures: {
    status: 429,
    title: "Too many refused credentials",
    meaning: "Credentials from this address were refused too often. Try again after `Retry-After`.",
  },
  overloaded: {
    status: 503,
    title: "Overloaded",
    meaning: "Too much waits, of this tenant or of all together. Try again after `Retry-After`.",
  },
  profile_busy: {
    status: 503,
    title: "Profiler busy",
    meaning: "Another profile of this process is being taken. Try again after `Retry-After`.",
  },
  store_unavailable: {
    status: 503,
    title: "Store unavailable",
    meaning:
      "The database does not take this now. Nothing of the request was kept, unless its sender reads otherwise later.",
  },
  audit_unavailable: {
    status: 503,
    title: "Audit log unavailable",
    meaning: "The record of the change could not be kept, and so it was not made.",
  },
  webhook_key_missing: {
    status: 503,
    title: "Another replica has the key",
    meaning:
      "Secrets of webhooks are sealed with a key that this replica does not have, so that it makes none: `webhooks.secretKey` has to be the same on every replica.",
  },
  internal_error: {
    status: 500,
    title: "Internal error",
    meaning: "A fault of the service; its log has the details under the correlation id.",
  },
} as const satisfies Readonly<
  Record<string, { readonly status: number; readonly title: string; readonly meaning: string }>
>;
export type HttpErrorCode = keyof typeof HTTP_ERRORS;

export class HttpError extends HttpFailure<HttpErrorCode> {
  constructor(code: HttpErrorCode, message: string, options: HttpFailureOptions = {}) {
    super({ code, status: HTTP_ERRORS[code].status }, message, options);
  }
}

/** Problem details (RFC 9457), with the code, the field at fault and the correlation id as further members. */
export const PROBLEM: ErrorFormat = {
  contentType: "application/problem+json",
  body: ({ code, status, message, field }, correlationId) => ({
    type: `urn:sark:metrics:error:${code}`,
    title: HTTP_ERRORS[code as HttpErrorCode]?.title ?? code,
    status,
    detail: message,
    code,
    ...(field === undefined ? {} : { field }),
    correlation_id: correlationId,
  }),
};
