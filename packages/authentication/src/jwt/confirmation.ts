import { isJsonObject, type JsonObject } from "@sark/json";
import { AuthenticationError } from "../authentication-error.ts";

/** SHA-256 in base64url: 43 characters, of which the last holds four bits. */
const THUMBPRINT = /^[\w-]{42}[AEIMQUYcgkosw048]$/;

/**
 * Which client certificate the bearer of a token has to have (RFC 8705, section 3.1), by its SHA-256 thumbprint; `null`: any or
 * none. Throws `AuthenticationError` for a token that is bound to anything else, as to a key by DPoP: who shows it has not
 * proven to be its owner.
 */
export function confirmationOf(claims: JsonObject): string | null {
  if (!Object.hasOwn(claims, "cnf")) {
    return null;
  }
  const { cnf } = claims;
  const members = cnf !== undefined && isJsonObject(cnf) ? Object.entries(cnf) : [];
  const [[name, thumbprint] = [], ...others] = members;
  if (name !== "x5t#S256" || others.length > 0 || typeof thumbprint !== "string") {
    throw unconfirmed("to something else than a client certificate, which this gateway cannot check");
  }
  if (!THUMBPRINT.test(thumbprint)) {
    throw unconfirmed("to no certificate that there could be");
  }
  return thumbprint;
}

/** @param certificate thumbprint of the certificate that the client of this connection has; `null`: it has shown none */
export function confirm(confirmation: string | null, certificate: string | null): void {
  if (confirmation !== null && confirmation !== certificate) {
    throw unconfirmed(
      certificate === null
        ? "to a client certificate, and the connection has none"
        : "to another client certificate than that of the connection",
    );
  }
}

function unconfirmed(to: string): AuthenticationError {
  return new AuthenticationError("unconfirmed_token", `The token is bound (cnf) ${to}.`);
}
