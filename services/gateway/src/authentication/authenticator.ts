import {
  type ClientCertificate,
  AuthenticationError,
  hasCredential,
  readCredential,
  type CredentialHeaders,
  refuseCredentialsInUrl,
  createIssuers,
  type IssuerOptions,
} from "@sark/authentication";
import type { AuthenticationObserver } from "./contract/observer.ts";
import type { Authenticated } from "../domain/principal.ts";
import type { ApiKeyStore } from "./api-keys/api-key-store.ts";
import { checkCertificate, createCertificateCallers } from "./certificates/certificate-callers.ts";
import { spiffePrefixes, type AuthorityRules } from "./certificates/config.ts";

/** What a request asks for, and over which connection. */
export interface Target {
  /** As it was sent. */
  readonly url: string;
  /** URI of the resource, which a token may be for alone; `null` where it has none. */
  readonly resource: string | null;
  /** What the client of the connection has shown; `null`: none. */
  readonly certificate?: ClientCertificate | null;
}

const NO_TARGET: Target = { url: "", resource: null };

/** Finds out who sends a request. */
export interface Authenticator {
  /**
   * Who is named by the credential of the request, or, where there is none, by the certificate of its connection. Rejects with
   * `AuthenticationError`, also for a certificate that is not good. The same credential gives the same object, as long as it is believed.
   */
  authenticate(headers: CredentialHeaders, target?: Target): Promise<Authenticated>;
  /**
   * Whether the credential is known to have been good, without any costly look at it: an API key that is good now, a
   * token that was verified before and has not expired, a certificate that TLS has verified. It has to be authenticated all the same.
   */
  isFamiliar(headers: CredentialHeaders, certificate?: ClientCertificate | null): boolean;
  /** Throws `AuthenticationError` where the client has shown no certificate, or none that is good. */
  requireCertificate(certificate: ClientCertificate | null): void;
  close(): Promise<void>;
}

/** Accepts API keys, tokens of the issuers in `jwt`, and certificates. Throws `TypeError` for unsafe options. */
export function createAuthenticator(options: {
  readonly apiKeys: ApiKeyStore;
  readonly jwt: readonly IssuerOptions[];
  readonly certificates?: readonly AuthorityRules[];
  readonly observer: AuthenticationObserver;
}): Authenticator {
  const { apiKeys, jwt, certificates = [], observer } = options;
  const tokens = jwt.length === 0 ? null : createIssuers(jwt, observer, spiffePrefixes(certificates));
  const callers = createCertificateCallers(certificates);
  return {
    async authenticate(headers, { url, resource, certificate = null } = NO_TARGET) {
      refuseCredentialsInUrl(url);
      if (certificate !== null) {
        checkCertificate(certificate);
        if (!hasCredential(headers)) {
          return callers.authenticate(certificate);
        }
      }
      const { kind, value } = readCredential(headers);
      if (kind === "api_key") {
        return apiKeys.authenticate(value);
      }
      if (tokens !== null) {
        return tokens.authenticate(value, { resource, certificate: certificate?.thumbprint ?? null });
      }
      throw new AuthenticationError("tokens_not_accepted", "This gateway takes no tokens.");
    },
    isFamiliar(headers, certificate = null) {
      try {
        if (certificate !== null) {
          checkCertificate(certificate);
          if (!hasCredential(headers)) {
            callers.authenticate(certificate);
            return true;
          }
        }
        const { kind, value } = readCredential(headers);
        return kind === "api_key" ? apiKeys.knows(value) : (tokens?.isFamiliar(value) ?? false);
      } catch (error) {
        // Who shows none is told how to, as ever: that costs nothing.
        return error instanceof AuthenticationError && error.code === "missing_credentials";
      }
    },
    requireCertificate(certificate) {
      if (certificate === null) {
        throw new AuthenticationError("missing_certificate", "Connect with a client certificate.");
      }
      checkCertificate(certificate);
    },
    close: () => apiKeys.close(),
  };
}
