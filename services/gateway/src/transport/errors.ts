import { HttpFailure, type HttpFailureOptions } from "@sark/http-service";

/** Errors of everything but MCP, and of what comes before it, by code; `docs/reference/errors.md` is checked against this list. */
export const HTTP_ERRORS = {
  unauthenticated: {
    status: 401,
    meaning: "No credential, or one that is not accepted; `WWW-Authenticate` says which way.",
  },
  authentication_unavailable: {
    status: 503,
    meaning:
      "The issuer's keys cannot be had, so that no token can be verified; or there is no valid revocation list for the client certificate.",
  },
  forbidden: {
    status: 403,
    meaning: "The caller lacks the role or the right; the message names it.",
  },
  origin_not_allowed: {
    status: 403,
    meaning: "A browser page of an origin that is not in `http.allowedOrigins`.",
  },
  host_not_allowed: {
    status: 403,
    meaning: "A `Host` that is not in `http.allowedHosts`.",
  },
  invalid_request: {
    status: 400,
    meaning: "The message names the field and what is wrong with it.",
  },
  malformed_request: {
    status: 400,
    meaning:
      "What was sent cannot be read as an HTTP request, or can be read as more than one. The connection ends.",
  },
  slow_client: {
    status: 408,
    meaning:
      "The request was not complete within `http.headersTimeout` or `http.requestTimeout`. The connection ends.",
  },
  expectation_failed: {
    status: 417,
    meaning: "`Expect` asks for something else than `100-continue`.",
  },
  headers_too_large: {
    status: 431,
    meaning: "The head of the request is larger than 16 KiB. The connection ends.",
  },
  not_found: {
    status: 404,
    meaning: "No such path, or no such server for this caller.",
  },
  payload_too_large: {
    status: 413,
    meaning: "Larger than `http.maxBodySize`, or more than 100,000 JSON values.",
  },
  too_many_requests: {
    status: 429,
    meaning:
      "The caller has `http.maxRequestsPerCaller` requests in flight, or bodies of `http.maxBufferedSizePerCaller`. Try again after `Retry-After`.",
  },
  rate_limited: {
    status: 429,
    meaning:
      "A rate limit of the caller, or of what it asks for, is reached; the message names it. Try again after `Retry-After`.",
  },
  too_many_failures: {
    status: 429,
    meaning:
      "Credentials from this address were refused too often (`authentication.maxFailures`), so that this one was not looked at. Try again after `Retry-After`.",
  },
  overloaded: {
    status: 503,
    meaning:
      "The bodies of all callers together are `http.maxBufferedSize`, or too many requests wait to be authenticated. Try again after `Retry-After`.",
  },
  unsupported_media_type: {
    status: 415,
    meaning: "Send `application/json`, not packed.",
  },
  audit_unavailable: {
    status: 503,
    meaning:
      "The store cannot be asked, or the decision could not be recorded, so none was given. Try again later.",
  },
  not_yet_logged: {
    status: 409,
    meaning: "The event is committed; the next checkpoint will cover it. Ask again in a second.",
  },
  not_signed: {
    status: 404,
    meaning: "There is no checkpoint, and this gateway signs none: `audit.signing` is false.",
  },
  needs_log_key: {
    status: 409,
    meaning:
      "The log is signed, and this replica holds no log key (`audit.signing` is false): erase through one that does.",
  },
  entry_dropped: {
    status: 410,
    meaning: "Retention has dropped an event of the entry bundle.",
  },
  log_contradicted: {
    status: 500,
    meaning: "What is stored no longer fits what was signed: run `audit verify`.",
  },
  gateway_ending: {
    status: 409,
    meaning: "The process of the gateway ends: it cannot be taken back into service.",
  },
  profile_busy: {
    status: 503,
    meaning: "Another profile of this process is being taken. Try again after `Retry-After`.",
  },
  policy_trial_busy: {
    status: 503,
    meaning:
      "Two policy sets are being tried on this replica, or decisions are being replayed. Try again after `Retry-After`.",
  },
  policy_trial_timeout: {
    status: 503,
    meaning: "The policies could not be tried in time: give fewer or simpler ones.",
  },
  policy_trial_unsupported: {
    status: 409,
    meaning: "The policy engine of this gateway cannot try such policies; the message says what it can.",
  },
  policy_trial_unavailable: {
    status: 503,
    meaning: "No policies are in force, or OPA cannot be asked, so that nothing can be tried.",
  },
  destination_held: {
    status: 409,
    meaning:
      "Nothing is sent to a destination that is paused or not enabled; one that is configured, or that a replica delivers to, is not removed.",
  },
  upstream_unavailable: {
    status: 502,
    meaning: "The MCP server could not be asked for its tools.",
  },
  internal_error: {
    status: 500,
    meaning: "A fault of the gateway; its log has the details under the correlation id.",
  },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly meaning: string }>>;
export type HttpErrorCode = keyof typeof HTTP_ERRORS;

/** Statuses of 500 and more that are made by what clients ask for, at once or too much: nothing of the gateway is broken. */
const MADE_BY_CLIENTS: ReadonlySet<string> = new Set<HttpErrorCode>([
  "overloaded",
  "profile_busy",
  "policy_trial_busy",
  "policy_trial_timeout",
]);

/** Whether an operator has something to mend: an error in the log, not a warning. */
export function isFault({ status, code }: HttpFailure): boolean {
  return status >= 500 && !MADE_BY_CLIENTS.has(code);
}

/** What the gateway tells a client that it has refused, or could not serve, outside MCP. */
export class HttpError extends HttpFailure<HttpErrorCode> {
  constructor(code: HttpErrorCode, message: string, options: HttpFailureOptions = {}) {
    super({ code, status: HTTP_ERRORS[code].status }, message, options);
  }
}
