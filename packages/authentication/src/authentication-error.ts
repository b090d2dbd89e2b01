/** Why no principal could be found, as a closed list for metrics and logs. */
export const AUTHENTICATION_ERROR_CODES = [
  /** No credential was sent. */
  "missing_credentials",
  /** Several were sent, and it is not for the gateway to choose. */
  "ambiguous_credentials",
  /** What was sent is neither a token nor an API key. */
  "malformed_credentials",
  /** It stands in the URL, where logs and histories keep it. */
  "credentials_in_url",
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
  /** A token that says of no one that it is meant for them. */
  "missing_audience",
  /** A claim that is needed is missing, or does not have the form it must have. */
  "invalid_claims",
  /** The issuer may not give the id, a role or the tenant that the token claims. */
  "exceeds_issuer",
  /** The token is bound to a key that its bearer has not proven to have. */
  "unconfirmed_token",
  /** Clients have to show a certificate, and this one has shown none. */
  "missing_certificate",
  /** No CA vouches for the certificate, or not for a client's. */
  "untrusted_certificate",
  /** The certificate has expired, or is not valid yet. */
  "expired_certificate",
  "revoked_certificate",
  /** The certificate is good, and names no caller. */
  "unknown_certificate",
  /** The certificate was verified by CAs and revocation lists that have changed since. */
  "outdated_connection",
  /** There is no valid revocation list, so that no certificate can be verified. */
  "revocation_unknown",
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
    return this.status === 401 && !HARMLESS.has(this.code);
  }

  /** HTTP status: 503 where the gateway cannot tell, 429 where it did not look, else 401. */
  get status(): 401 | 429 | 503 {
    switch (this.code) {
      case "jwks_unavailable":
      case "revocation_unknown":
        return 503;
      case "too_many_failures":
        return 429;
      default:
        return 401;
    }
  }
}

const HARMLESS: ReadonlySet<AuthenticationErrorCode> = new Set([
  "missing_credentials",
  "missing_certificate",
  "outdated_connection",
]);
