import type { Authenticated } from "../domain/principal.ts";
import type { ApiKeyStore } from "./api-keys/api-key-store.ts";
import { AuthenticationError } from "../domain/authentication-error.ts";
import { readCredential, type CredentialHeaders } from "./credentials.ts";
import { createIssuers } from "./jwt/issuers.ts";
import type { IssuerOptions } from "./jwt/token-verifier.ts";
import type { AuthenticationObserver } from "./contract/observer.ts";

/** Finds out who sends a request. */
export interface Authenticator {
  /** Rejects with `AuthenticationError`. The same credential gives the same object, as long as it is believed. */
  authenticate(headers: CredentialHeaders): Promise<Authenticated>;
  close(): Promise<void>;
}

/** Accepts API keys, and tokens of the issuers in `jwt`. Throws `TypeError` for unsafe options. */
export function createAuthenticator(options: {
  readonly apiKeys: ApiKeyStore;
  readonly jwt: readonly IssuerOptions[];
  readonly observer: AuthenticationObserver;
}): Authenticator {
  const { apiKeys, jwt, observer } = options;
  const tokens = jwt.length === 0 ? null : createIssuers(jwt, observer);
  return {
    async authenticate(headers) {
      const { kind, value } = readCredential(headers);
      if (kind === "api_key") {
        return apiKeys.authenticate(value);
      }
      if (tokens !== null) {
        return tokens.authenticate(value);
      }
      throw new AuthenticationError("tokens_not_accepted", "This gateway takes API keys only.");
    },
    close: () => apiKeys.close(),
  };
}
