export interface HttpFailureOptions {
  /** The field at fault, of an invalid request. */
  readonly field?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Why a request has no other response than an error. Services have a closed list of codes each, and a class for it. */
export class HttpFailure<Code extends string = string> extends Error {
  override readonly name: string = "HttpError";
  readonly status: number;
  readonly code: Code;
  readonly field: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    { code, status }: { readonly code: Code; readonly status: number },
    message: string,
    options: HttpFailureOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.code = code;
    this.field = options.field;
    this.headers = options.headers ?? {};
  }
}

/** How a service writes the body of an error. */
export interface ErrorFormat {
  readonly contentType: string;
  body(error: HttpFailure, correlationId: string): object;
}
