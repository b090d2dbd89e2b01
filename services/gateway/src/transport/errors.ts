/** Errors of the HTTP surface (REST and what comes before MCP); `docs/reference/errors.md` lists the codes. */
export const HTTP_ERROR_CODES = [
  "unauthenticated",
  "authentication_unavailable",
  "forbidden",
  "origin_not_allowed",
  "host_not_allowed",
  "invalid_request",
  "not_found",
  "payload_too_large",
  "too_many_requests",
  "overloaded",
  "unsupported_media_type",
  "audit_unavailable",
  "not_yet_logged",
  "not_signed",
  "needs_log_key",
  "entry_dropped",
  "log_contradicted",
  "destination_held",
  "upstream_unavailable",
  "internal_error",
] as const;
export type HttpErrorCode = (typeof HTTP_ERROR_CODES)[number];

export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  readonly code: HttpErrorCode;
  /** The field at fault, for `invalid_request`. */
  readonly field: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: HttpErrorCode,
    message: string,
    options: { field?: string; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.code = code;
    this.field = options.field;
    this.headers = options.headers ?? {};
  }
}

/** The body of every error answer outside MCP. */
export function errorBody(error: HttpError, correlationId: string): object {
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(error.field === undefined ? {} : { field: error.field }),
      correlation_id: correlationId,
    },
  };
}
