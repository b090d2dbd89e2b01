/** Why a request does not reach its handler. */
export type EndpointErrorCode = "access_denied" | "invalid_input";

/** The service tells its clients in its own words, by its own closed list of errors. */
export class EndpointError extends Error {
  override readonly name = "EndpointError";
  readonly code: EndpointErrorCode;
  /** The field at fault, of `invalid_input`: a parameter, or a path into the body. */
  readonly field: string | undefined;

  constructor(code: EndpointErrorCode, message: string, options: { readonly field?: string } = {}) {
    super(message);
    this.code = code;
    this.field = options.field;
  }
}
