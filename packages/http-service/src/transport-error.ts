import { HttpFailure, type HttpFailureOptions } from "./http-failure.ts";

/** Statuses of what is refused before any handler; each service lists these codes, with what they mean there. */
const STATUSES = {
  invalid_request: 400,
  malformed_request: 400,
  origin_not_allowed: 403,
  host_not_allowed: 403,
  not_found: 404,
  slow_client: 408,
  payload_too_large: 413,
  unsupported_media_type: 415,
  expectation_failed: 417,
  too_many_requests: 429,
  headers_too_large: 431,
  internal_error: 500,
  overloaded: 503,
} as const;
export type TransportErrorCode = keyof typeof STATUSES;

/** What the HTTP server refuses itself. */
export class TransportError extends HttpFailure<TransportErrorCode> {
  constructor(code: TransportErrorCode, message: string, options: HttpFailureOptions = {}) {
    super({ code, status: STATUSES[code] }, message, options);
  }
}
