import { errors } from "jose";
import { AuthenticationError } from "../authentication-error.ts";
import { KeysUnavailableError } from "./remote-keys.ts";

/** What the library of tokens says, in the words of this gateway. */
export function toAuthenticationError(error: unknown): AuthenticationError {
  if (error instanceof AuthenticationError) {
    return error;
  }
  const options = { cause: error };
  if (error instanceof KeysUnavailableError) {
    const message = "The token cannot be checked now: its issuer's keys are out of reach. Try again shortly.";
    return new AuthenticationError("jwks_unavailable", message, options);
  }
  if (error instanceof errors.JWTExpired) {
    return new AuthenticationError("expired_token", "The token has expired.", options);
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return fromClaim(error);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return new AuthenticationError("bad_signature", "The token's signature is not valid.", options);
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return new AuthenticationError(
      "unsupported_algorithm",
      "The token's algorithm is not accepted.",
      options,
    );
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    const message = "The token is signed with a key that its issuer does not publish.";
    return new AuthenticationError("unknown_signing_key", message, options);
  }
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) {
    return new AuthenticationError("malformed_credentials", "The token cannot be read.", options);
  }
  // A key that does not suit the token's algorithm, or one that cannot be imported.
  return new AuthenticationError("bad_signature", "The token's signature cannot be checked.", options);
}

function fromClaim(error: errors.JWTClaimValidationFailed): AuthenticationError {
  const options = { cause: error };
  // One that is missing, or is no number, is not a matter of time.
  const failedCheck = error.reason === "check_failed";
  switch (failedCheck ? error.claim : "") {
    case "nbf":
      return new AuthenticationError("not_yet_valid", "The token is not valid yet.", options);
    case "iss":
      return new AuthenticationError("wrong_issuer", "The token comes from another issuer.", options);
    case "aud":
      return new AuthenticationError("wrong_audience", "The token is meant for another audience.", options);
    default:
      return new AuthenticationError(
        "invalid_claims",
        `The token's claim '${error.claim}' is missing or not valid.`,
        options,
      );
  }
}
