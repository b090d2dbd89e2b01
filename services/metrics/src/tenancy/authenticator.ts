import {
  AuthenticationError,
  createIssuers,
  readCredential,
  refuseCredentialsInUrl,
  type SigningKeyObserver,
  type Identity,
  type IssuerOptions,
} from "@sark/authentication";
import type { CredentialProof } from "../domain/caller.ts";
import type { SentCredentials } from "@sark/http-service";
import type { ApiKeys } from "./find-key.ts";
import type { TenantStates } from "./tenant-state.ts";

export interface Authenticated {
  readonly principal: Identity;
  readonly credential: string;
  readonly proof: CredentialProof;
}

/** Finds out who sends a request: by an API key of the database, or by a token of a configured issuer. */
export interface Authenticator {
  /** Rejects with `AuthenticationError`. */
  authenticate(headers: SentCredentials, url: string): Promise<Authenticated>;
  isFamiliar(headers: SentCredentials): boolean;
  /** Whether what a caller of this tenant was authenticated by is good now. Rejects where that cannot be told. */
  isStillGood(tenant: string, proof: CredentialProof): Promise<boolean>;
}

/** Of those who watch the service. */
const WATCHED: ReadonlySet<string> = new Set(["/metrics", "/health/detailed"]);

export function createAuthenticator(deps: {
  readonly keys: ApiKeys;
  readonly tenants: TenantStates;
  readonly issuers: readonly IssuerOptions[];
  readonly observer: SigningKeyObserver;
}): Authenticator {
  const { keys, tenants, observer } = deps;
  const issuers = deps.issuers.length === 0 ? null : createIssuers(deps.issuers, observer);
  return {
    async authenticate(headers, url) {
      refuseCredentialsInUrl(url);
      const { kind, value } = readCredential(headers);
      if (kind === "api_key") {
        return keys.authenticate(value, WATCHED.has(url.split("?", 1)[0] ?? ""));
      }
      if (issuers === null) {
        throw new AuthenticationError("tokens_not_accepted", "This service takes no tokens.");
      }
      const authenticated = await issuers.authenticate(value);
      const { tenant } = authenticated.principal;
      // A token without a tenant has no role here: the platform's callers have keys.
      if (tenant === null || !(await tenants.isActive(tenant))) {
        throw new AuthenticationError("invalid_claims", "The token names no tenant of this service.");
      }
      const { expiresAt = 0 } = authenticated;
      return { ...authenticated, proof: { kind: "token", expiresAt } };
    },
    isFamiliar(headers) {
      try {
        const { kind, value } = readCredential(headers);
        return kind === "api_key" ? keys.isFamiliar(value) : (issuers?.isFamiliar(value) ?? false);
      } catch (error) {
        return error instanceof AuthenticationError && error.code === "missing_credentials";
      }
    },
    async isStillGood(tenant, proof) {
      if (proof.kind === "token") {
        return proof.expiresAt > Date.now() && (await tenants.isActive(tenant));
      }
      try {
        return (await keys.recall(proof.sha256)).principal.tenant === tenant;
      } catch (error) {
        if (error instanceof AuthenticationError) {
          return false;
        }
        throw error;
      }
    },
  };
}
