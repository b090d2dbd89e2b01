import { LRUCache } from "lru-cache";
import type { Authenticated } from "../../domain/principal.ts";
import type { AuthenticationObserver } from "../contract/observer.ts";
import { confirm, confirmationOf } from "./confirmation.ts";
import { DEFAULT_CLAIMS, toPrincipal, type ClaimNames } from "./claims.ts";
import type { IssuerRights } from "./issuer-rights.ts";
import type { UnverifiedToken } from "./read-token.ts";
import { createSignatureCheck, type SignatureOptions } from "./signature-check.ts";
import { toAuthenticationError } from "./token-errors.ts";
import { tokenId } from "./token-id.ts";

export interface IssuerOptions extends SignatureOptions, IssuerRights {
  /** Overrides of the claims that say who the caller is. */
  readonly claims?: Partial<ClaimNames>;
  /** A verified token is accepted this long without being verified again, and never beyond its expiry. Default: 60 s. */
  readonly rememberSeconds?: number;
}

/** Tokens of one issuer. */
export interface TokenVerifier {
  /**
   * Whose token this is, when it was verified a moment ago; throws `AuthenticationError` where it is bound to another certificate.
   *
   * @param digest of the token
   * @param certificate thumbprint of the certificate of its bearer
   */
  recall(digest: string, certificate: string | null): Authenticated | undefined;
  /** Whether the token was verified before and has not expired since. @param digest of the token */
  isFamiliar(digest: string): boolean;
  /** Whose token this is; rejects with `AuthenticationError`. */
  verify(
    token: string,
    read: UnverifiedToken,
    digest: string,
    certificate: string | null,
  ): Promise<Authenticated>;
}

interface Remembered {
  readonly authenticated: Authenticated;
  readonly confirmation: string | null;
}

/** Of one issuer: what another one issues does not push them out. */
const MAX_REMEMBERED = 10_000;

export function createTokenVerifier(options: IssuerOptions, observer: AuthenticationObserver): TokenVerifier {
  const { rememberSeconds = 60, clockToleranceSeconds } = options;
  const claims = { ...DEFAULT_CLAIMS, ...options.claims };
  /** Rises when tokens that were believed are to be looked at again. */
  let epoch = 0;
  const check = createSignatureCheck(options, observer, () => {
    epoch += 1;
    remembered.clear();
  });
  const remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED });
  const familiar = new LRUCache<string, true>({ max: MAX_REMEMBERED });

  return {
    recall(digest, certificate) {
      check.refresh();
      const known = remembered.get(digest);
      if (known !== undefined) {
        confirm(known.confirmation, certificate);
      }
      return known?.authenticated;
    },
    isFamiliar: (digest) => familiar.has(digest),
    async verify(token, read, digest, certificate) {
      const begun = epoch;
      const verified = await check.token(token).catch((error: unknown) => {
        throw toAuthenticationError(error);
      });
      const confirmation = confirmationOf(read.claims);
      confirm(confirmation, certificate);
      // Of what was read here, and not of what jose made of it: numbers have all their digits.
      const principal = toPrincipal(read.claims, claims, options);
      const authenticated = Object.freeze({ principal, credential: tokenId(verified) });
      const left = (verified.payload.exp ?? 0) + clockToleranceSeconds - Date.now() / 1000;
      if (left > 0) {
        familiar.set(digest, true, { ttl: Math.ceil(left * 1000) });
      }
      const seconds = Math.min(rememberSeconds, left);
      if (seconds > 0 && begun === epoch) {
        remembered.set(digest, { authenticated, confirmation }, { ttl: Math.ceil(seconds * 1000) });
      }
      return authenticated;
    },
  };
}
