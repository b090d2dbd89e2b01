import { AuthenticationError } from "./authentication-error.ts";
import { CREDENTIAL_HEADERS } from "./credential-headers.ts";
import { API_KEY_PREFIX } from "./key-format.ts";

export type Credential =
  | { readonly kind: "api_key"; readonly value: string }
  | { readonly kind: "token"; readonly value: string };

const MAX_LENGTH = 8 * 1024;
/**
 * Request headers by lower-case name, with every value that was sent, as `headersDistinct` of Node has them: `headers`
 * keeps the first Authorization alone.
 */
export type CredentialHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Three parts in base64url (RFC 7515, section 7.1). */
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Whether a request shows any, good or not. */
export function hasCredential(headers: CredentialHeaders): boolean {
  return CREDENTIAL_HEADERS.some((name) => valuesOf(headers, name).length > 0);
}

/** Finds the one credential of a request. Throws `AuthenticationError` where there is none, or several. */
export function readCredential(headers: CredentialHeaders): Credential {
  const sent: { readonly name: (typeof CREDENTIAL_HEADERS)[number]; readonly value: string }[] = [];
  for (const name of CREDENTIAL_HEADERS) {
    for (const value of valuesOf(headers, name)) {
      sent.push({ name, value });
    }
  }
  // Before any of them is read: it is not for the gateway to say which one counts.
  if (sent.length > 1) {
    throw new AuthenticationError("ambiguous_credentials", "Send one credential, in one header.");
  }
  const [only] = sent;
  if (only === undefined) {
    throw new AuthenticationError(
      "missing_credentials",
      "Authenticate with 'Authorization: Bearer <token or API key>' or 'X-API-Key: <API key>'.",
    );
  }
  return only.name === "authorization" ? bearer(only.value) : apiKeyIn(only.name, only.value);
}

function valuesOf(headers: CredentialHeaders, name: string): readonly string[] {
  const value = headers[name];
  if (value === undefined) {
    return [];
  }
  return typeof value === "string" ? [value] : value;
}

function bearer(header: string): Credential {
  const [scheme = "", value = "", ...more] = header.trim().split(/ +/);
  if (scheme.toLowerCase() !== "bearer" || more.length > 0) {
    throw malformed("Authorization must be 'Bearer <token or API key>'.");
  }
  return toCredential(value, "Authorization");
}

function apiKeyIn(name: string, value: string): Credential {
  const credential = toCredential(value.trim(), name);
  if (credential.kind !== "api_key") {
    throw malformed(`${name} takes an API key; tokens go into Authorization.`);
  }
  return credential;
}

function toCredential(value: string, header: string): Credential {
  if (value.length > MAX_LENGTH) {
    throw malformed(`The credential in ${header} is longer than ${MAX_LENGTH} characters.`);
  }
  if (value.startsWith(API_KEY_PREFIX)) {
    return { kind: "api_key", value };
  }
  if (COMPACT_JWS.test(value)) {
    return { kind: "token", value };
  }
  throw malformed(`The credential in ${header} is neither a token nor an API key.`);
}

function malformed(message: string): AuthenticationError {
  return new AuthenticationError("malformed_credentials", message);
}
