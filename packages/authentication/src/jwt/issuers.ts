import { hash } from "node:crypto";
import type { IdentifiedBy } from "../identity.ts";
import { AuthenticationError } from "../authentication-error.ts";
import type { SigningKeyObserver } from "../observer.ts";
import { readToken } from "./read-token.ts";
import {
  createTokenVerifier,
  type IssuerOptions,
  type TokenUse,
  type TokenVerifier,
} from "./token-verifier.ts";

/** Tokens of all issuers that are configured. */
export interface Issuers {
  /** Whose token this is; rejects with `AuthenticationError`, also where it is not good for this use. */
  authenticate(token: string, use?: Partial<TokenUse>): Promise<IdentifiedBy>;
  /** Whether the token was verified before and has not expired since. */
  isFamiliar(token: string): boolean;
}

/**
 * A token is checked by the rules and the keys of the issuer that it names, and of no other one: a key of one issuer
 * signs nothing for another, whatever its id is.
 */
export function createIssuers(
  options: readonly IssuerOptions[],
  observer: SigningKeyObserver,
  /** Beginnings of ids that no token may give. */
  reservedPrefixes: readonly string[] = [],
): Issuers {
  const verifiers = new Map<string, TokenVerifier>();
  for (const issuer of options) {
    if (verifiers.has(issuer.issuer)) {
      throw new TypeError(`authentication.jwt: ${issuer.issuer} is there twice`);
    }
    const foreignPrefixes = [
      ...reservedPrefixes,
      ...options.flatMap(({ idPrefix = "" }) =>
        idPrefix === "" || idPrefix === issuer.idPrefix ? [] : [idPrefix],
      ),
    ];
    verifiers.set(issuer.issuer, createTokenVerifier({ ...issuer, foreignPrefixes }, observer));
  }

  return {
    async authenticate(token, { certificate = null, resource = null } = {}) {
      const digest = digestOf(token);
      const use = { certificate, resource };
      for (const verifier of verifiers.values()) {
        const known = verifier.recall(digest, use);
        if (known !== undefined) {
          return known;
        }
      }
      const read = readToken(token);
      return verifierOf(read.claims["iss"]).verify({ text: token, digest, use }, read);
    },
    isFamiliar(token) {
      const digest = digestOf(token);
      return [...verifiers.values()].some((verifier) => verifier.isFamiliar(digest));
    },
  };

  /** The digest, so that memory holds no credential. */
  function digestOf(token: string): string {
    return hash("sha256", token, "base64");
  }

  function verifierOf(issuer: unknown): TokenVerifier {
    if (typeof issuer !== "string") {
      throw new AuthenticationError("invalid_claims", "The token's claim 'iss' is missing or not valid.");
    }
    const verifier = verifiers.get(issuer);
    if (verifier === undefined) {
      throw new AuthenticationError("wrong_issuer", "The token comes from another issuer.");
    }
    return verifier;
  }
}
