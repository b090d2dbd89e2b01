/**
 * Why there is no token. `refused`: this request was, others may not be. `unavailable`: the endpoint is away, or does not know
 * the gateway, so that no request would do better.
 */
export type TokenErrorKind = "refused" | "unavailable";

/** No token could be had. The message names the endpoint and the remedy, and nothing that was sent or received. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  readonly kind: TokenErrorKind;
  /** When the endpoint wants to be asked again, where it said so. */
  readonly retryAfterMs: number | null;

  constructor(kind: TokenErrorKind, message: string, retryAfterMs: number | null = null) {
    // No cause: errors of the library hold the response, and with it tokens.
    super(message);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}
