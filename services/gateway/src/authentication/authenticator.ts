import type { Authenticated } from "../domain/principal.ts";
import type { ApiKeyStore } from "./api-keys/api-key-store.ts";
import { AuthenticationError } from "../domain/authentication-error.ts";
import { readCredential, type CredentialHeaders } from "./credentials.ts";
import { refuseCredentialsInUrl } from "./credentials-in-url.ts";
import { createIssuers } from "./jwt/issuers.ts";
import type { IssuerOptions } from "./jwt/token-verifier.ts";
import type { AuthenticationObserver } from "./contract/observer.ts";

/** What a request asks for. */
export interface Target {
  /** As it was sent. */
  readonly url: string;
  /** URI of the resource, which a token may be for alone; `null` where it has none. */
  readonly resource: string | null;
}

const NO_TARGET: Target = { url: "", resource: null };

/** Finds out who sends a request. */
export interface Authenticator {
  /** Rejects with `AuthenticationError`. The same credential gives the same object, as long as it is believed. */
  authenticate(headers: CredentialHeaders, target?: Target): Promise<Authenticated>;
  /**
   * Whether the credential is known to have been good, without any costly look at it: an API key that is good now, or a
   * token that was verified before and has not expired. It has to be authenticated all the same.
   */
  isFamiliar(headers: CredentialHeaders): boolean;
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
    async authenticate(headers, { url, resource } = NO_TARGET) {
      refuseCredentialsInUrl(url);
      const { kind, value } = readCredential(headers);
      if (kind === "api_key") {
        return apiKeys.authenticate(value);
      }
      if (tokens !== null) {
        return tokens.authenticate(value, { resource });
      }
      throw new AuthenticationError("tokens_not_accepted", "This gateway takes API keys only.");
    },
    isFamiliar(headers) {
      try {
        const { kind, value } = readCredential(headers);
        return kind === "api_key" ? apiKeys.knows(value) : (tokens?.isFamiliar(value) ?? false);
      } catch (error) {
        // Who shows none is told how to, as ever: that costs nothing.
        return error instanceof AuthenticationError && error.code === "missing_credentials";
      }
    },
    close: () => apiKeys.close(),
  };
}
