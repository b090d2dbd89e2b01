/** Why no principal could be found, as a closed list for metrics and logs. */
export const AUTHENTICATION_ERROR_CODES = [
  /** No credential was sent. */
  "missing_credentials",
  /** Several were sent, and it is not for the gateway to choose. */
  "ambiguous_credentials",
  /** What was sent is neither a token nor an API key. */
  "malformed_credentials",
  /** A token, where none are accepted. */
  "tokens_not_accepted",
  /** An API key that was never issued, or has been withdrawn. */
  "unknown_key",
  "expired_key",
  "expired_token",
  "not_yet_valid",
  "bad_signature",
  "unsupported_algorithm",
  /** Signed with a key that the issuer does not publish. */
  "unknown_signing_key",
  "wrong_issuer",
  "wrong_audience",
  /** A claim that is needed is missing, or does not have the form it must have. */
  "invalid_claims",
  /** The issuer may not give the id, a role or the tenant that the token claims. */
  "exceeds_issuer",
  /** The token is bound to a key that its bearer has not proven to have. */
  "unconfirmed_token",
  /** The issuer's keys could not be had, so that no token can be verified. */
  "jwks_unavailable",
  /** Credentials from the same address were refused so often that this one was not looked at. */
  "too_many_failures",
] as const;
export type AuthenticationErrorCode = (typeof AUTHENTICATION_ERROR_CODES)[number];

/** The request is not authenticated. The message is for the caller: it names no secret and nothing of other callers. */
export class AuthenticationError extends Error {
  override readonly name = "AuthenticationError";
  readonly code: AuthenticationErrorCode;
  /** When to try again, of `too_many_failures`. */
  readonly retryAfterSeconds: number | null;

  constructor(
    code: AuthenticationErrorCode,
    message: string,
    {
      retryAfterSeconds = null,
      ...options
    }: ErrorOptions & { readonly retryAfterSeconds?: number | null } = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether a credential was looked at and is not good: who only lacks one, or cannot be told, has not failed. */
  get isFailure(): boolean {
    return this.status === 401 && this.code !== "missing_credentials";
  }

  /** HTTP status: 503 where the gateway cannot tell, 429 where it did not look, else 401. */
  get status(): 401 | 429 | 503 {
    switch (this.code) {
      case "jwks_unavailable":
        return 503;
      case "too_many_failures":
        return 429;
      default:
        return 401;
    }
  }

  /** Value of `WWW-Authenticate` (RFC 6750, section 3); goes with a 401. */
  get challenge(): string {
    const realm = 'Bearer realm="sark"';
    // A request without credentials learns nothing but how to authenticate (RFC 6750, section 3.1).
    if (this.code === "missing_credentials") {
      return realm;
    }
    const isBadRequest = this.code === "ambiguous_credentials" || this.code === "malformed_credentials";
    const error = isBadRequest ? "invalid_request" : "invalid_token";
    return `${realm}, error="${error}", error_description="${quotable(this.message)}"`;
  }
}

/** Within quotes only these characters may stand (RFC 6750, section 3). */
function quotable(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'");
}
