import { LRUCache } from "lru-cache";
import type { IdentifiedBy } from "../identity.ts";
import type { SigningKeyObserver } from "../observer.ts";
import { audiencesIn, checkAudience } from "./audience.ts";
import { confirm, confirmationOf } from "./confirmation.ts";
import { DEFAULT_CLAIMS, toPrincipal, type ClaimNames } from "./claims.ts";
import { checkDates } from "./numeric-dates.ts";
import type { IssuerRights } from "./issuer-rights.ts";
import type { UnverifiedToken } from "./read-token.ts";
import { createSignatureCheck, type SignatureOptions } from "./signature-check.ts";
import { toAuthenticationError } from "./token-errors.ts";
import { tokenId } from "./token-id.ts";

export interface IssuerOptions extends SignatureOptions, IssuerRights {
  /** A token whose `aud` is one of these is good for all that the gateway serves, any other for the resource that it names. */
  readonly audiences: readonly string[] | null;
  /** Overrides of the claims that say who the caller is. */
  readonly claims?: Partial<ClaimNames>;
  /** Whether calls take scopes. Where none does, what a token says of them refuses none. Default: no. */
  readonly readsScopes?: boolean;
  /** A verified token is accepted this long without being verified again, and never beyond its expiry. Default: 60 s. */
  readonly rememberSeconds?: number;
}

/** What a token was sent for, and over which connection. */
export interface TokenUse {
  /** URI of what is asked for; `null` where tokens cannot be for it alone. */
  readonly resource: string | null;
  /** Thumbprint of the client certificate of the connection; `null`: it has shown none. */
  readonly certificate: string | null;
}

/** A token with its digest. */
export interface ReceivedToken {
  readonly text: string;
  readonly digest: string;
  readonly use: TokenUse;
}

/** Tokens of one issuer. */
export interface TokenVerifier {
  /**
   * Whose token this is, when it was verified a moment ago. Throws `AuthenticationError` where it is not good for this use.
   * @param digest of the token
   */
  recall(digest: string, use: TokenUse): IdentifiedBy | undefined;
  /** Whether the token was verified before and has not expired since. @param digest of the token */
  isFamiliar(digest: string): boolean;
  /** Whose token this is; rejects with `AuthenticationError`. */
  verify(token: ReceivedToken, read: UnverifiedToken): Promise<IdentifiedBy>;
}

interface VerifiedToken {
  readonly authenticated: IdentifiedBy;
  readonly audiences: readonly string[];
  readonly confirmation: string | null;
}

/** Of one issuer: what another one issues does not push them out. */
const MAX_REMEMBERED = 10_000;

export function createTokenVerifier(options: IssuerOptions, observer: SigningKeyObserver): TokenVerifier {
  const { rememberSeconds = 60, clockToleranceSeconds } = options;
  const { audiences: accepted } = options;
  if (accepted?.length === 0) {
    throw new TypeError("authentication.jwt: audiences: none given");
  }
  const claims = { ...DEFAULT_CLAIMS, ...options.claims };
  /** Rises when tokens that were believed are to be looked at again. */
  let epoch = 0;
  const check = createSignatureCheck(options, observer, () => {
    epoch += 1;
    remembered.clear();
    familiar.clear();
  });
  const familiar = new LRUCache<string, true>({ max: MAX_REMEMBERED });
  const remembered = new LRUCache<string, VerifiedToken>({ max: MAX_REMEMBERED });

  /** Throws `AuthenticationError` where it is for another resource, or for another bearer. */
  function checkUse(
    { audiences, confirmation }: Pick<VerifiedToken, "audiences" | "confirmation">,
    { resource, certificate }: TokenUse,
  ): void {
    confirm(confirmation, certificate);
    checkAudience(audiences, accepted ?? [], resource);
  }

  return {
    recall(digest, use) {
      check.refresh();
      const known = remembered.get(digest);
      if (known !== undefined) {
        checkUse(known, use);
      }
      return known?.authenticated;
    },
    // What is asked for again and again is not pushed out.
    isFamiliar: (digest) => familiar.get(digest) === true,
    async verify({ text, digest, use }, read) {
      const begun = epoch;
      const verified = await check.token(text).catch((error: unknown) => {
        throw toAuthenticationError(error);
      });
      checkDates(read.claims);
      const confirmation = confirmationOf(read.claims);
      // Of what was read here, and not of what jose made of it: numbers have all their digits.
      const audiences = audiencesIn(read.claims);
      checkUse({ audiences, confirmation }, use);
      const principal = toPrincipal(read.claims, claims, options, options.readsScopes ?? false);
      const bound = confirmation === null ? "" : ` x5t#S256=${confirmation}`;
      const expiresAt = ((verified.payload.exp ?? 0) + clockToleranceSeconds) * 1_000;
      const credential = `${tokenId(verified)}${bound}`;
      const authenticated = Object.freeze({ principal, credential, expiresAt });
      const left = (expiresAt - Date.now()) / 1_000;
      if (left > 0) {
        familiar.set(digest, true, { ttl: Math.ceil(left * 1000) });
      }
      const seconds = Math.min(rememberSeconds, left);
      if (seconds > 0 && begun === epoch) {
        const known = { authenticated, audiences, confirmation };
        remembered.set(digest, known, { ttl: Math.ceil(seconds * 1000) });
      }
      return authenticated;
    },
  };
}
