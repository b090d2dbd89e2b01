import type { IncomingHttpHeaders } from "node:http";
import { AuthenticationError } from "./authentication-error.ts";

export type Credential =
  | { readonly kind: "api_key"; readonly value: string }
  | { readonly kind: "token"; readonly value: string };

/** API keys begin with this, tokens cannot. */
export const API_KEY_PREFIX = "sark_";

const MAX_LENGTH = 8 * 1024;
const API_KEY_HEADERS = ["x-api-key", "x-gateway-api-key"] as const;
/** Three parts in base64url (RFC 7515, section 7.1). */
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Finds the one credential of a request. Throws `AuthenticationError` where there is none, or several. */
export function readCredential(headers: IncomingHttpHeaders): Credential {
  const found = [
    bearer(headers.authorization),
    ...API_KEY_HEADERS.map((name) => apiKeyIn(headers, name)),
  ].filter((credential) => credential !== null);
  const [credential] = found;
  if (credential === undefined) {
    throw new AuthenticationError(
      "missing_credentials",
      "Authenticate with 'Authorization: Bearer <token or API key>' or 'X-API-Key: <API key>'.",
    );
  }
  if (found.length > 1) {
    throw new AuthenticationError("ambiguous_credentials", "Send one credential, in one header.");
  }
  return credential;
}

function bearer(header: string | undefined): Credential | null {
  if (header === undefined) return null;
  const [scheme = "", value = "", ...more] = header.trim().split(/ +/);
  if (scheme.toLowerCase() !== "bearer" || more.length > 0) {
    throw malformed("Authorization must be 'Bearer <token or API key>'.");
  }
  return toCredential(value, "Authorization");
}

function apiKeyIn(headers: IncomingHttpHeaders, name: (typeof API_KEY_HEADERS)[number]): Credential | null {
  const value = headers[name];
  if (value === undefined) return null;
  if (typeof value !== "string") throw malformed(`${name} must be sent once.`);
  const credential = toCredential(value.trim(), name);
  if (credential.kind !== "api_key")
    throw malformed(`${name} takes an API key; tokens go into Authorization.`);
  return credential;
}

function toCredential(value: string, header: string): Credential {
  if (value.length > MAX_LENGTH)
    throw malformed(`The credential in ${header} is longer than ${MAX_LENGTH} characters.`);
  if (value.startsWith(API_KEY_PREFIX)) return { kind: "api_key", value };
  if (COMPACT_JWS.test(value)) return { kind: "token", value };
  throw malformed(`The credential in ${header} is neither a token nor an API key.`);
}

function malformed(message: string): AuthenticationError {
  return new AuthenticationError("malformed_credentials", message);
}
