import type { TokenEndpointResponse } from "oauth4webapi";
import { TokenError } from "./token-error.ts";

/** A token as it came from the endpoint. */
export interface IssuedToken {
  readonly value: string;
  /** How long it is valid; `null` where the endpoint did not say. */
  readonly lifetimeMs: number | null;
}

/** RFC 6750, section 2.1: nothing else can stand in a header, and no server takes a longer one. */
const BEARER = /^[A-Za-z0-9\-._~+/]+=*$/;
const MAX_TOKEN = 8_192;
const ACCESS_TOKENS: ReadonlySet<unknown> = new Set([
  "urn:ietf:params:oauth:token-type:access_token",
  "urn:ietf:params:oauth:token-type:jwt",
]);
/** A token is asked for anew at least once a day. */
const MAX_LIFETIME_SECONDS = 24 * 60 * 60;

/** Takes a response that is one by its form, where it holds a token to send as it is. Throws `TokenError`. */
export function readTokenResponse(
  endpoint: string,
  response: TokenEndpointResponse,
  { exchanged }: { readonly exchanged: boolean },
): IssuedToken {
  const fault = (what: string) => new TokenError("refused", `the token endpoint ${endpoint} sent ${what}`);
  const { access_token: value, token_type: type, expires_in: seconds } = response;
  if (type !== "bearer") {
    throw fault("a token that is no bearer token");
  }
  if (!BEARER.test(value) || value.length > MAX_TOKEN) {
    throw fault("a token that cannot stand in a header");
  }
  if (exchanged && !ACCESS_TOKENS.has(response["issued_token_type"])) {
    throw fault("something other than an access token; check what it exchanges tokens for");
  }
  if (seconds === undefined) {
    return { value, lifetimeMs: null };
  }
  if (!Number.isFinite(seconds) || seconds < 0) {
    throw fault("a lifetime that is none");
  }
  return { value, lifetimeMs: Math.min(seconds, MAX_LIFETIME_SECONDS) * 1_000 };
}
